# SPDX-License-Identifier: GPL-3.0-or-later
"""The heart of the projection: what one view says about one texel."""

from __future__ import annotations

from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader

from .shaders import PLANE_DEPTH, UV_FACING_VERTEX, uv_shader_info

#: Where the texel lies in the view, how much it counts there; below 0: not seen.
SEEN = """
/* How far inside the silhouette and the picture: 0.01 ... 1; negative when too near. Kept per 2 x 2 pixels. */
float soft_border(vec2 at) {
  vec2 spot = at * 0.5 - 0.5;
  ivec2 corner = ivec2(floor(spot));
  ivec2 last = textureSize(borders, 0) - 1;
  vec4 n;
  for (int k = 0; k < 4; k++) {
    n[k] = texelFetch(borders, clamp(corner + ivec2(k % 2, k / 2), ivec2(0), last), 0).r;
  }
  vec2 f = spot - floor(spot);
  float mixed = mix(mix(n.x, n.y, f.x), mix(n.z, n.w, f.x), f.y);
  return min(min(n.x, n.y), min(n.z, n.w)) < 0.0 ? -1.0 : mixed;
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

/* The direction to the eye, and whether the view can see the texel at all as far as angles tell. */
bool may_see(vec4 clip_place, vec3 to_eye) {
  return clip_place.w > 0.0 && all(lessThan(abs(clip_place.xyz), vec3(clip_place.w)))
      && dot(face_normal, to_eye) > 0.02 && dot(normalize(shading_normal), to_eye) > view.frontal.x;
}

float weight_of_view(vec2 at, vec3 to_eye) {
  float border = soft_border(at);
  float along = dot(place - view.eye.xyz, view.forward.xyz);
  float own = plane_depth(along);
  float facing = dot(face_normal, to_eye);
  float slope = sqrt(max(1.0 - facing * facing, 0.0)) / facing;
  float allowed = pixel_step(own) * (0.75 + 0.5 * min(slope, 8.0)) + abs(own) * 2.0e-6;
  if (border < 0.0 || abs(seen_depth(at) - own) > allowed) { return -1.0; }
  float width = view.forward.w * (is_flat_view() ? 1.0 : along);
  float sharp = dot(normalize(shading_normal), to_eye) / (width * view.frontal.z);
  return view.frontal.w * pow(sharp, view.frontal.y) * border;
}
"""

#: The picture at a place in pixels (centres at .5): bilinear or Catmull-Rom, or its mean over the texel's footprint when that is
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

vec4 over_footprint(vec2 at, vec2 along_u, vec2 along_v, ivec2 count) {
  vec4 sum = vec4(0.0);
  float lowest = 1.0;
  for (int k = 0; k < count.x * count.y; k++) {
    vec2 part = (vec2(float(k % count.x), float(k / count.x)) + 0.5) / vec2(count) - 0.5;
    vec4 p = bilinear(at + along_u * part.x + along_v * part.y);
    sum += p;
    lowest = min(lowest, p.w);
  }
  return vec4(sum.rgb / float(count.x * count.y), lowest);
}
"""

#: Each step stands in a loop of one turn: software renderers jump over a loop that no texel enters, not over an if.
PROJECT_MAIN = """
void main() {
  vec4 clip_place = view.clip * vec4(place, 1.0);
  vec2 at = clip_place.xy / clip_place.w * 0.5 + 0.5;
  vec2 along_u = dFdx(at) * view.sizes.xy, along_v = dFdy(at) * view.sizes.xy;  /* before any branch */
  vec3 to_eye = is_flat_view() ? -view.forward.xyz : normalize(view.eye.xyz - place);
  float weight = -1.0;
  vec4 found = vec4(-1.0);
  for (int turn = may_see(clip_place, to_eye) ? 0 : 1; turn < 1; turn++) {
    weight = weight_of_view(at * view.sizes.zw, to_eye);
  }
  ivec2 count = ivec2(clamp(ceil(vec2(length(along_u), length(along_v)) - 0.01), vec2(1.0), vec2(view.edges.y)));
  bool wide = count.x * count.y > 1;
  for (int turn = weight > 0.0 && !wide ? 0 : 1; turn < 1; turn++) { found = MAGNIFIED(at * view.sizes.xy); }
  for (int turn = weight > 0.0 && wide ? 0 : 1; turn < 1; turn++) {
    found = over_footprint(at * view.sizes.xy, along_u, along_v, count);
  }
  if (weight <= 0.0 || found.w < 0.0) { discard; }
  result = vec4(found.rgb * weight, weight);
}
"""

#: Where texels lie in the world (less the origin), or what they face, and that there is a surface at all.
PLACE_MAIN = "void main() { result = vec4(place, 1.0); }"
NORMAL_MAIN = "void main() { result = vec4(normalize(shading_normal), 1.0); }"
#: How many triangles cover a texel's centre.
COUNT_MAIN = "void main() { result = vec4(1.0); }"


@lru_cache(maxsize=2)
def project_shader(bicubic: bool = False) -> GPUShader:
    """Adds one view's colours and weights; enlarged pictures are sampled by bilinear or bicubic interpolation."""
    sampling = f"#define MAGNIFIED {'bicubic' if bicubic else 'bilinear'}\n"
    info = uv_shader_info(sampling + PLANE_DEPTH + SEEN + SAMPLE + PROJECT_MAIN, UV_FACING_VERTEX)
    for slot, name in enumerate(("picture", "distances", "borders")):
        info.sampler(slot, "FLOAT_2D", name)
    return create_from_info(info)


@lru_cache(maxsize=1)
def place_shader() -> GPUShader:
    """Writes each texel's place."""
    return create_from_info(uv_shader_info(PLACE_MAIN))


@lru_cache(maxsize=1)
def normal_shader() -> GPUShader:
    """Writes each texel's normal."""
    return create_from_info(uv_shader_info(NORMAL_MAIN))


@lru_cache(maxsize=1)
def count_shader() -> GPUShader:
    """Counts triangles."""
    return create_from_info(uv_shader_info(COUNT_MAIN))
