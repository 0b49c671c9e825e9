# SPDX-License-Identifier: GPL-3.0-or-later
"""How shaders read a picture, and its coarse band: functions that are put together with others."""

from __future__ import annotations

#: The picture at a place in pixels (centres at .5): bilinear or bicubic, or its mean over the texel's footprint
#: when that is wider than a pixel. A negative w: a pixel that must not be used lies within reach.
SAMPLING = """
/* Four packed pixels, as a gather gives them, mixed. */
vec4 mix_packed(vec4 values, vec2 f) {
  vec2 g = 1.0 - f;
  vec4 share = vec4(g.x * f.y, f.x * f.y, f.x * g.y, g.x * g.y);
  ivec4 bits = ivec4(abs(values));
  vec4 red = vec4(bits & 255) / 255.0, green = vec4((bits >> 8) & 255) / 255.0, blue = vec4(bits >> 16) / 255.0;
  vec3 mixed = vec3(dot(red, share), dot(green, share), dot(blue, share));
  return vec4(mixed, min(min(values.x, values.y), min(values.z, values.w)));
}

/* The four pixels come by one gather, from the point where they meet: no rounding of the hardware can shift it. */
vec4 bilinear(vec2 at) {
  vec2 spot = clamp(at - 0.5, vec2(0.0), view.sizes.xy - 1.0);
  vec2 corner = min(floor(spot), view.sizes.xy - 2.0);
  return mix_packed(textureGather(picture, (corner + 1.0) / view.sizes.xy), spot - corner);
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

/* A side of a texel's footprint such that so many samples on it blur as much as a mean over it does: their own
   bilinear interpolation blurs, too (a variance of 1/6 pixel on the average; of a mean over s pixels, s * s / 12). */
vec2 shorten_side(vec2 side, int count) {
  float square = dot(side, side), n = float(count * count);
  return side * sqrt(max(square - 2.0, 0.0) / max(square, 1.0e-6) * n / max(n - 1.0, 1.0));
}

/* The mean over a parallelogram with two sides in pixels, by count.x x count.y samples. */
vec4 over_footprint(vec2 at, vec2 right, vec2 up, ivec2 count) {
  vec4 sum = vec4(0.0);
  float lowest = 1.0;
  for (int k = 0; k < count.x * count.y; k++) {
    vec2 part = (vec2(float(k % count.x), float(k / count.x)) + 0.5) / vec2(count) - 0.5;
    vec4 p = bilinear(at + part.x * right + part.y * up);
    sum += p;
    lowest = min(lowest, p.w);
  }
  return vec4(sum.rgb / float(count.x * count.y), lowest);
}
"""

#: The coarse band of a picture at a place in the view, 0 ... 1.
READ_COARSE = """
vec4 read_coarse(vec2 at) {
  vec2 size = vec2(textureSize(coarse, 0));
  vec2 spot = clamp(at * size - 0.5, vec2(0.0), size - 1.0);
  vec2 corner = min(floor(spot), size - 2.0);
  return mix_packed(textureGather(coarse, (corner + 1.0) / size), spot - corner);
}
"""
