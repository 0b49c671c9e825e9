# SPDX-License-Identifier: GPL-3.0-or-later
"""The heart of the projection: what one view says about one texel."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader

from .shaders import PLANE_DEPTH, create_full_screen_shader, uv_shader_info

#: What a texel is, once for all views: its place and how wide it is on the surface (0: no surface there); what it
#: faces. Every view then looks at whole blocks of texels, however small the triangles are.
TEXEL_MAIN = """
void main() {
  result = vec4(place, max(max(length(dFdx(place)), length(dFdy(place))), 1.0e-30));
  result_normals = vec4(normalize(shading_normal), 1.0);
}
"""

#: Where the texel lies in the view, how much it counts there; below 0: not seen.
VISIBILITY = """
/* The distance of the nearest pixel may differ by the surface's slope across it. Where the distance jumps, the border
   (kept per 2 x 2 pixels) has refused the texel already. */
float weight_of_view(vec4 clip_place, vec2 at, float cosine, float along) {
  if (clip_place.w <= 0.0 || any(greaterThan(abs(clip_place.xyz), vec3(clip_place.w)))) { return -1.0; }
  float border = texelFetch(borders, ivec2(at * 0.5), 0).r;
  float own = plane_depth(along);
  float slope = sqrt(max(1.0 - cosine * cosine, 0.0)) / cosine;
  float allowed = pixel_step(own) * (0.75 + 0.8 * slope) + abs(own) * 2.0e-6;
  float off = abs(plane_depth(texelFetch(distances, ivec2(at), 0).r) - own);
  float width = view.forward.w * (is_flat_view() ? 1.0 : along);
  float sharp = cosine / (width * view.frontal.z);
  bool hidden = border < 0.0 || off > allowed;
  return hidden ? -1.0 : view.frontal.w * pow(sharp, view.frontal.y) * border;
}
"""

#: The picture at a place in pixels (centres at .5): bilinear or bicubic, or its mean over the texel's footprint
#: when that is wider than a pixel. A negative w: a pixel that must not be used lies within reach.
SAMPLING = """
/* The four pixels come by one gather, from the point where they meet: no rounding of the hardware can shift it. */
vec4 bilinear(vec2 at) {
  vec2 spot = clamp(at - 0.5, vec2(0.0), view.sizes.xy - 1.0);
  vec2 corner = min(floor(spot), view.sizes.xy - 2.0);
  vec2 f = spot - corner, g = 1.0 - f;
  vec4 values = textureGather(picture, (corner + 1.0) / view.sizes.xy);
  vec4 share = vec4(g.x * f.y, f.x * f.y, f.x * g.y, g.x * g.y);
  ivec4 bits = ivec4(abs(values));
  vec4 red = vec4(bits & 255) / 255.0, green = vec4((bits >> 8) & 255) / 255.0, blue = vec4(bits >> 16) / 255.0;
  vec3 mixed = vec3(dot(red, share), dot(green, share), dot(blue, share));
  return vec4(mixed, min(min(values.x, values.y), min(values.z, values.w)));
}

/* Keys' cubic with the slope of -0.75: nearest to Lanczos' filter of those that read sixteen pixels. */
vec4 cubic_weights(float t) {
  float t2 = t * t, t3 = t2 * t;
  return vec4(-0.75 * t + 1.5 * t2 - 0.75 * t3, 1.0 - 2.25 * t2 + 1.25 * t3, 0.75 * t + 1.5 * t2 - 1.25 * t3,
              -0.75 * t2 + 0.75 * t3);
}

/* Sixteen pixels by four gathers, each from the point where its four meet; the caller stays off the border. */
vec4 bicubic(vec2 at) {
  vec2 spot = at - 0.5;
  vec2 corner = floor(spot);
  vec4 wx = cubic_weights(spot.x - corner.x), wy = cubic_weights(spot.y - corner.y);
  vec4 sum = vec4(0.0, 0.0, 0.0, 1.0);
  for (int k = 0; k < 4; k++) {
    ivec2 part = ivec2(k % 2, k / 2) * 2;
    vec4 values = textureGather(picture, (corner + vec2(part)) / view.sizes.xy);
    vec4 share = vec4(wx[part.x], wx[part.x + 1], wx[part.x + 1], wx[part.x])
               * vec4(wy[part.y + 1], wy[part.y + 1], wy[part.y], wy[part.y]);
    ivec4 bits = ivec4(abs(values));
    sum.r += dot(vec4(bits & 255), share) / 255.0;
    sum.g += dot(vec4((bits >> 8) & 255), share) / 255.0;
    sum.b += dot(vec4(bits >> 16), share) / 255.0;
    sum.w = min(sum.w, min(min(values.x, values.y), min(values.z, values.w)));
  }
  return vec4(clamp(sum.rgb, 0.0, 1.0), sum.w);
}

/* The mean over a square of `side` pixels, by count x count samples. */
vec4 over_footprint(vec2 at, float side, int count) {
  vec4 sum = vec4(0.0);
  float lowest = 1.0;
  for (int k = 0; k < count * count; k++) {
    vec2 part = (vec2(float(k % count), float(k / count)) + 0.5) / float(count) - 0.5;
    vec4 p = bilinear(at + part * side);
    sum += p;
    lowest = min(lowest, p.w);
  }
  return vec4(sum.rgb / float(count * count), lowest);
}
"""

#: One view's colours and weight at a texel.
PROJECT_MAIN = """
void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy);
  vec4 stored = texelFetch(places, texel, 0);
  float weight = -1.0, cosine = 0.0, along = 1.0;
  vec4 found = vec4(-1.0);
  vec2 at = vec2(0.0);
  vec3 line = stored.xyz - view.eye.xyz;
  if (stored.w > 0.0) {
    vec3 normal = texelFetch(normals, texel, 0).xyz;
    cosine = is_flat_view() ? -dot(normal, view.forward.xyz) : -dot(normal, line) * inversesqrt(dot(line, line));
    if (view.edges.w > 0.5) { cosine = abs(cosine); }
  }
  if (cosine > view.frontal.x) {
    vec4 clip_place = view.clip * vec4(stored.xyz, 1.0);
    at = clip_place.xy / clip_place.w * 0.5 + 0.5;
    along = dot(line, view.forward.xyz);
    weight = weight_of_view(clip_place, at * view.sizes.zw, cosine, along);
    at = vec2(dot(view.across.xyz, vec3(at, 1.0)), dot(view.up.xyz, vec3(at, 1.0)));
    vec2 inside = min(at, 1.0 - at) * view.sizes.xy;
    if (min(inside.x, inside.y) < 2.0) { weight = -1.0; }
  }
#ifdef ONE_SAMPLE
  if (weight > 0.0) { found = MAGNIFIED(at * view.sizes.xy); }
#else
  /* The texel's width in pixels of the picture (the distances may be coarser). */
  float side = stored.w / (view.forward.w * (is_flat_view() ? 1.0 : along)) * view.edges.z;
  int count = int(clamp(floor(side + 0.4), 1.0, view.edges.y));  /* a pixel and a half is still bilinear alone */
  if (weight > 0.0 && count == 1) { found = MAGNIFIED(at * view.sizes.xy); }
  if (weight > 0.0 && count > 1) {
    found = over_footprint(at * view.sizes.xy, min(side, 2.0 * view.edges.y), count);
  }
#endif
  if (weight <= 0.0 || found.w < 0.0) { discard; }
  vec3 colour = vec3(dot(view.red.xyz, found.rgb), dot(view.green.xyz, found.rgb), dot(view.blue.xyz, found.rgb));
  result = vec4(clamp(colour, 0.0, 1.0) * weight, weight);
}
"""

#: Where texels lie in the world (less the origin), or what they face, and that there is a surface at all.
PLACE_MAIN = "void main() { result = vec4(place, 1.0); }"
NORMAL_MAIN = "void main() { result = vec4(normalize(shading_normal), 1.0); }"
#: How many triangles cover a texel's centre.
COUNT_MAIN = "void main() { result = vec4(1.0); }"


class Sampling(Enum):
    """How a texel reads a picture: at one place, or as the mean over its footprint where that is wide."""

    ONE = "one"
    MEAN = "mean"


ONE, MEAN = Sampling


@lru_cache(maxsize=8)
def project_shader(sampling: Sampling, bicubic: bool = False) -> GPUShader:
    """Adds one view's colours and weights; enlarged pictures are sampled by bilinear or bicubic interpolation."""
    options = f"#define MAGNIFIED {'bicubic' if bicubic else 'bilinear'}\n"
    if sampling is ONE:
        options += "#define ONE_SAMPLE\n"
    return create_full_screen_shader(
        ("picture", "distances", "borders", "places", "normals"),
        ("VEC4", "result"),
        options + PLANE_DEPTH + VISIBILITY + SAMPLING + PROJECT_MAIN,
        with_view=True,
    )


@lru_cache(maxsize=1)
def texel_shader() -> GPUShader:
    """Writes what each texel is."""
    info = uv_shader_info(TEXEL_MAIN)
    info.fragment_out(1, "VEC4", "result_normals")
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
