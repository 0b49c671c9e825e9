# SPDX-License-Identifier: GPL-3.0-or-later
"""The API of AUTOMATIC1111, Forge and SD.Next, and the one of stable-diffusion.cpp."""
