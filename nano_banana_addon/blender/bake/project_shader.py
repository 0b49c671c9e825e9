# SPDX-License-Identifier: GPL-3.0-or-later
"""The heart of the projection: what one view says about one texel."""

from __future__ import annotations

from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader

from .shaders import PLANE_DEPTH, uv_shader_info

#: Where the texel lies in the view, how much it counts there; below 0: not seen.
SEEN = """
float soft_border(vec2 at) {
  /* The distance to jumps is kept per 4 x 4 pixels, to jumps themselves per 2 x 2. */
  vec2 spot = at * 0.5 - 0.5;
  ivec2 corner = ivec2(floor(spot));
  ivec2 last = textureSize(jumps, 0) - 1;
  for (int k = 0; k < 4; k++) {
    if (texelFetch(jumps, clamp(corner + ivec2(k % 2, k / 2), ivec2(0), last), 0).r > 0.5) { return -1.0; }
  }
  spot = at * 0.25 - 0.5;
  corner = ivec2(floor(spot));
  vec2 f = spot - floor(spot);
  last = textureSize(near, 0) - 1;
  vec4 n;
  for (int k = 0; k < 4; k++) {
    n[k] = texelFetch(near, clamp(corner + ivec2(k % 2, k / 2), ivec2(0), last), 0).r;
  }
  float cells = mix(mix(n.x, n.y, f.x), mix(n.z, n.w, f.x), f.y);
  vec2 inside = min(at, view.sizes.zw - at);
  float pixels = min(4.0 * cells, min(inside.x, inside.y) - 2.0);
  return pixels <= 0.0 && cells > 0.0 ? -1.0 : clamp(pixels / view.edges.x, 0.0, 1.0);
}

float seen_depth(vec2 at) {
  vec2 spot = at - 0.5;
  ivec2 corner = ivec2(floor(spot));
  vec2 f = spot - floor(spot);
  ivec2 last = ivec2(view.sizes.zw) - 1;
  vec4 q;
  for (int k = 0; k < 4; k++) {
    q[k] = plane_depth(texelFetch(distances, clamp(corner + ivec2(k % 2, k / 2), ivec2(0), last), 0).r);
  }
  return mix(mix(q.x, q.y, f.x), mix(q.z, q.w, f.x), f.y);
}

float weight_of_view(vec4 clip_place) {
  if (clip_place.w <= 0.0 || any(greaterThan(abs(clip_place.xyz), vec3(clip_place.w)))) { return -1.0; }
  vec3 to_eye = is_flat_view() ? -view.forward.xyz : normalize(view.eye.xyz - place);
  float facing = dot(face_normal, to_eye);
  float cosine = dot(normalize(shading_normal), to_eye);
  if (facing <= 0.02 || cosine <= view.frontal.x) { return -1.0; }
  vec2 at = (clip_place.xy / clip_place.w * 0.5 + 0.5) * view.sizes.zw;
  float border = soft_border(at);
  if (border < 0.0) { return -1.0; }
  float own = plane_depth(dot(place - view.eye.xyz, view.forward.xyz));
  float slope = sqrt(max(1.0 - facing * facing, 0.0)) / facing;
  float allowed = pixel_step(own) * (0.75 + 0.5 * min(slope, 8.0)) + abs(own) * 2.0e-6;
  if (abs(seen_depth(at) - own) > allowed) { return -1.0; }
  float width = view.forward.w * (is_flat_view() ? 1.0 : dot(place - view.eye.xyz, view.forward.xyz));
  float sharp = cosine / (width * view.frontal.z);
  float soft = border * border * (3.0 - 2.0 * border) + 0.01;
  return view.frontal.w * pow(sharp, view.frontal.y) * soft;
}
"""

#: The picture at a place in pixels (centres at .5): Catmull-Rom, or its mean over the texel's footprint when that is
#: wider than a pixel. A negative w: a pixel that must not be used lies within reach.
SAMPLE = """
vec4 pixel(ivec2 at) {
  float value = texelFetch(picture, clamp(at, ivec2(0), ivec2(view.sizes.xy) - 1), 0).r;
  uint bits = uint(abs(value));
  vec3 c = vec3(float(bits & 255u), float((bits >> 8u) & 255u), float((bits >> 16u) & 255u)) / 255.0;
  if (view.edges.z > 0.5) {
    c = mix(c / 12.92, pow((c + 0.055) / 1.055, vec3(2.4)), step(vec3(0.04045), c));
  }
  return vec4(c, value);
}

vec4 bilinear(vec2 at) {
  vec2 spot = at - 0.5;
  ivec2 corner = ivec2(floor(spot));
  vec2 f = spot - floor(spot);
  vec4 a = pixel(corner), b = pixel(corner + ivec2(1, 0));
  vec4 c = pixel(corner + ivec2(0, 1)), d = pixel(corner + ivec2(1, 1));
  vec3 mixed = mix(mix(a.rgb, b.rgb, f.x), mix(c.rgb, d.rgb, f.x), f.y);
  return vec4(mixed, min(min(a.w, b.w), min(c.w, d.w)));
}

vec4 cubic_weights(float t) {
  float t2 = t * t, t3 = t2 * t;
  return vec4(-0.5 * t + t2 - 0.5 * t3, 1.0 - 2.5 * t2 + 1.5 * t3, 0.5 * t + 2.0 * t2 - 1.5 * t3,
              -0.5 * t2 + 0.5 * t3);
}

vec4 bicubic(vec2 at) {
  vec2 spot = at - 0.5;
  ivec2 corner = ivec2(floor(spot)) - 1;
  vec4 across = cubic_weights(spot.x - floor(spot.x)), down = cubic_weights(spot.y - floor(spot.y));
  vec4 sum = vec4(0.0, 0.0, 0.0, 1.0);
  for (int j = 0; j < 4; j++) {
    for (int i = 0; i < 4; i++) {
      vec4 p = pixel(corner + ivec2(i, j));
      sum.rgb += p.rgb * (across[i] * down[j]);
      sum.w = min(sum.w, p.w);
    }
  }
  return vec4(clamp(sum.rgb, 0.0, 1.0), sum.w);
}

vec4 over_footprint(vec2 at, vec2 along_u, vec2 along_v) {
  int nu = int(clamp(ceil(length(along_u)), 1.0, view.edges.y));
  int nv = int(clamp(ceil(length(along_v)), 1.0, view.edges.y));
  if (nu * nv == 1) { return bicubic(at); }
  vec4 sum = vec4(0.0);
  float lowest = 1.0;
  for (int j = 0; j < nv; j++) {
    for (int i = 0; i < nu; i++) {
      vec2 spot = at + along_u * ((float(i) + 0.5) / float(nu) - 0.5) + along_v * ((float(j) + 0.5) / float(nv) - 0.5);
      vec4 p = bilinear(spot);
      sum += p;
      lowest = min(lowest, p.w);
    }
  }
  return vec4(sum.rgb / float(nu * nv), lowest);
}
"""

PROJECT_MAIN = """
void main() {
  vec4 clip_place = view.clip * vec4(place, 1.0);
  vec2 at = (clip_place.xy / clip_place.w * 0.5 + 0.5) * view.sizes.xy;
  vec2 along_u = dFdx(at), along_v = dFdy(at);  /* before any branch: derivatives need the neighbours */
  float weight = weight_of_view(clip_place);
  if (weight <= 0.0) { discard; }
  vec4 found = over_footprint(at, along_u, along_v);
  if (found.w < 0.0) { discard; }
  vec3 matched = clamp(found.rgb * view.gain.rgb + view.offset.rgb, 0.0, 1.0);
  result = vec4(matched * weight, weight);
}
"""

#: Where texels lie in the world (less the origin), and that there is a surface at all.
PLACE_MAIN = "void main() { result = vec4(place, 1.0); }"
#: How many triangles cover a texel's centre.
COUNT_MAIN = "void main() { result = vec4(1.0); }"


@lru_cache(maxsize=1)
def project_shader() -> GPUShader:
    """Adds one view's colours and weights."""
    info = uv_shader_info(PLANE_DEPTH + SEEN + SAMPLE + PROJECT_MAIN)
    for slot, name in enumerate(("picture", "distances", "jumps", "near")):
        info.sampler(slot, "FLOAT_2D", name)
    return create_from_info(info)


@lru_cache(maxsize=1)
def place_shader() -> GPUShader:
    """Writes each texel's place."""
    return create_from_info(uv_shader_info(PLACE_MAIN))


@lru_cache(maxsize=1)
def count_shader() -> GPUShader:
    """Counts triangles."""
    return create_from_info(uv_shader_info(COUNT_MAIN))
