# SPDX-License-Identifier: GPL-3.0-or-later
"""What is coarse in a picture, in two steps: cells of the view, and their blur."""

from __future__ import annotations

#: What is coarser than some pixels in a picture: its mean over what a cell of the view shows, and the depth there.
CELL_MAIN = """
#define ACROSS 4
void main() {
  load_view();
  vec4 sum = vec4(0.0);
  float depth = 0.0;
  for (int k = 0; k < ACROSS * ACROSS; k++) {
    vec2 part = (vec2(float(k % ACROSS), float(k / ACROSS)) + 0.5) / float(ACROSS);
    vec2 at = (floor(gl_FragCoord.xy) + part) / cell_count;
    vec2 spot = at * view.sizes.zw;
    at = vec2(dot(view.across.xyz, vec3(at, 1.0)), dot(view.up.xyz, vec3(at, 1.0)));
    vec2 inside = min(at, 1.0 - at) * view.sizes.xy;
    if (texelFetch(borders, ivec2(spot * 0.5), 0).r < 0.0 || min(inside.x, inside.y) < 2.0) { continue; }
    vec4 found = bilinear(at * view.sizes.xy);
    if (found.w < 0.0) { continue; }
    sum += vec4(found.rgb, 1.0);
    depth += plane_depth(texelFetch(distances, ivec2(spot), 0).r);
  }
  cell = sum / float(ACROSS * ACROSS);
  cell_depth = depth / max(sum.a, 1.0);
}
"""

#: Cells blurred by a Gaussian, each with those alone that show the same surface; packed as pictures are.
BLUR_MAIN = """
#define REACH 4
void main() {
  load_view();
  ivec2 here = ivec2(gl_FragCoord.xy), last = textureSize(cells, 0) - 1;
  float own = texelFetch(cell_depths, here, 0).r;
  bool is_empty = texelFetch(cells, here, 0).a == 0.0;
  float allowed = 4.0 * pixel_step(own) * view.sizes.w / float(last.y + 1);
  vec4 sum = vec4(0.0);
  for (int k = 0; k < (2 * REACH + 1) * (2 * REACH + 1); k++) {
    ivec2 away = ivec2(k % (2 * REACH + 1), k / (2 * REACH + 1)) - REACH;
    ivec2 other = clamp(here + away, ivec2(0), last);
    float square = float(away.x * away.x + away.y * away.y);
    if (is_empty || abs(texelFetch(cell_depths, other, 0).r - own) <= allowed * (1.0 + sqrt(square))) {
      sum += texelFetch(cells, other, 0) * exp(-0.5 * square / (BLUR * BLUR));
    }
  }
  ivec3 bytes = ivec3(sum.rgb / max(sum.a, 1.0e-9) * 255.0 + 0.5);
  coarse = sum.a > 0.0 ? float(bytes.r + (bytes.g << 8) + (bytes.b << 16)) : -1.0;
}
"""
