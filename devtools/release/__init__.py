# SPDX-License-Identifier: GPL-3.0-or-later
"""What is published: zips, extension repository, checksums, bills of materials and licences."""
