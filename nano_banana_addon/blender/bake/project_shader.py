# SPDX-License-Identifier: GPL-3.0-or-later
"""The heart of the projection: what one view says about one texel."""

from __future__ import annotations

from enum import Enum
from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader

from .shader_text.coarse_band import BLUR_MAIN, CELL_MAIN
from .shader_text.samples import READ_COARSE, SAMPLING
from .shaders import PLANE_DEPTH, create_full_screen_shader, uv_shader_info
from .tiles import TILE

#: What shares are raised to for the fine band; the blur of the coarse one, in cells of a view.
_FINE_POWER = 16.0
_BLUR = 1.5

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

#: Where a texel lies in a view and its picture, and how much the view counts there; its colour in the picture.
LOOK = """
struct Look {
  vec2 in_view;  /* 0 ... 1 */
  vec2 at;       /* in pixels of the picture */
  float along;
  float weight;  /* not above 0: not seen */
};

Look look_at(vec4 stored, vec3 normal) {
  Look found;
  found.in_view = found.at = vec2(0.0);
  found.along = 1.0;
  found.weight = -1.0;
  vec3 line = stored.xyz - view.eye.xyz;
  float cosine = is_flat_view() ? -dot(normal, view.forward.xyz) : -dot(normal, line) * inversesqrt(dot(line, line));
  if (view.edges.w > 0.5) { cosine = abs(cosine); }
  if (stored.w > 0.0 && cosine > view.frontal.x) {
    vec4 clip_place = view.clip * vec4(stored.xyz, 1.0);
    found.in_view = clip_place.xy / clip_place.w * 0.5 + 0.5;
    found.along = dot(line, view.forward.xyz);
    found.weight = weight_of_view(clip_place, found.in_view * view.sizes.zw, cosine, found.along);
    vec2 at = vec2(dot(view.across.xyz, vec3(found.in_view, 1.0)), dot(view.up.xyz, vec3(found.in_view, 1.0)));
    vec2 inside = min(at, 1.0 - at) * view.sizes.xy;
    if (min(inside.x, inside.y) < 2.0) { found.weight = -1.0; }
    found.at = at * view.sizes.xy;
  }
  return found;
}

vec2 find_pixel(vec3 place) {
  vec4 clip_place = view.clip * vec4(place, 1.0);
  vec3 at = vec3(clip_place.xy / clip_place.w * 0.5 + 0.5, 1.0);
  return vec2(dot(view.across.xyz, at), dot(view.up.xyz, at)) * view.sizes.xy;
}

/* `right`, `up`: from the texel to its neighbours. A negative w: must not be used. */
vec4 read_picture(Look look, vec4 stored, vec3 right, vec3 up) {
#ifndef ONE_SAMPLE
  /* The texel's sides in pixels of the picture (the distances may be coarser). Beside an island's border a neighbour
     tells nothing; then the texel counts as a square as wide as it is at most. */
  float side = stored.w / (view.forward.w * (is_flat_view() ? 1.0 : look.along)) * view.edges.z;
  vec2 across = vec2(side, 0.0), upwards = vec2(0.0, side);
  if (max(length(right), length(up)) < 1.5 * stored.w) {
    across = find_pixel(stored.xyz + right) - look.at;
    upwards = find_pixel(stored.xyz + up) - look.at;
  }
  vec2 wide = vec2(length(across), length(upwards));
  ivec2 count = ivec2(clamp(floor(wide + 0.4), 1.0, view.edges.y));  /* a pixel and a half is still bilinear alone */
  if (max(count.x, count.y) > 1) {
    vec2 cut = min(vec2(1.0), 2.0 * view.edges.y / wide);
    across = shorten_side(across * cut.x, count.x);
    upwards = shorten_side(upwards * cut.y, count.y);
    return over_footprint(look.at, across, upwards, count);
  }
#endif
  return MAGNIFIED(look.at);
}

vec3 mix_colours(vec3 rgb) {
  return vec3(dot(view.red.xyz, rgb), dot(view.green.xyz, rgb), dot(view.blue.xyz, rgb));
}
"""

#: One view's colours and weight at a texel: all of the picture, or one of its bands.
PROJECT_MAIN = """
void main() {
  load_view();
  ivec2 texel = ivec2(gl_FragCoord.xy);
  vec4 stored = texelFetch(places, texel, 0);
  vec3 right = dFdx(stored.xyz), up = dFdy(stored.xyz);
  Look look = look_at(stored, texelFetch(normals, texel, 0).xyz);
  if (look.weight <= 0.0) { discard; }
  float weight = look.weight;
#ifdef FINE_BAND
  float share = weight / texelFetch(sums, texel, 0).a;
  if (share < fine_share.x) { discard; }
  weight = pow(share * fine_share.y, FINE_POWER);
#endif
#ifdef READS_PICTURE
  vec4 found = read_picture(look, stored, right, up);
  if (found.w < 0.0) { discard; }
  vec3 colour = clamp(mix_colours(found.rgb), 0.0, 1.0);
#endif
#ifdef COARSE_BAND
  vec3 colour_of_band = mix_colours(read_coarse(look.in_view).rgb);
#elif defined(FINE_BAND)
  vec3 colour_of_band = colour - mix_colours(read_coarse(look.in_view).rgb);
#else
  vec3 colour_of_band = colour;
#endif
  result = vec4(colour_of_band * weight, weight);
}
"""

#: Where texels lie in the world (less the origin), or what they face, and that there is a surface at all.
PLACE_MAIN = "void main() { result = vec4(place, 1.0); }"
NORMAL_MAIN = "void main() { result = vec4(normalize(shading_normal), 1.0); }"
#: The least sum of weights that the surface has in a part of a row, as wide as a tile.
LEAST_MAIN = """
void main() {
  ivec2 start = ivec2(gl_FragCoord.xy) * ivec2(TILE, 1);
  least = 1.0e38;
  for (int k = 0; k < min(TILE, textureSize(sums, 0).x - start.x); k++) {
    ivec2 texel = start + ivec2(k, 0);
    if (texelFetch(places, texel, 0).w > 0.0) { least = min(least, texelFetch(sums, texel, 0).a); }
  }
}
"""
#: How many triangles cover a texel's centre.
COUNT_MAIN = "void main() { result = vec4(1.0); }"


class Sampling(Enum):
    """How a texel reads a picture: at one place, or as the mean over its footprint where that is wide."""

    ONE = "one"
    MEAN = "mean"


ONE, MEAN = Sampling


class Band(Enum):
    """What of a picture is drawn: all; what is coarse; what is fine, by its own, far steeper weights."""

    WHOLE = "whole"
    COARSE = "coarse"
    FINE = "fine"


@lru_cache(maxsize=16)
def project_shader(
    sampling: Sampling, bicubic: bool = False, band: Band = Band.WHOLE, *, is_masked: bool = False
) -> GPUShader:
    """Adds one view's colours and weights; enlarged pictures are sampled by bilinear or bicubic interpolation.

    Whether a picture that `is_masked` may be used at a texel is looked up for the coarse band, too.
    """
    options = [f"MAGNIFIED {'bicubic' if bicubic else 'bilinear'}", f"FINE_POWER {_FINE_POWER}"]
    options += ["ONE_SAMPLE"] if sampling is ONE else []
    options += [f"{band.name}_BAND"] if band is not Band.WHOLE else []
    options += ["READS_PICTURE"] if band is not Band.COARSE or is_masked else []
    textures = ("picture", "distances", "borders", "places", "normals")
    textures += {Band.WHOLE: (), Band.COARSE: ("coarse",), Band.FINE: ("coarse", "sums")}[band]
    parts = (PLANE_DEPTH, VISIBILITY, SAMPLING, *([] if band is Band.WHOLE else [READ_COARSE]), LOOK, PROJECT_MAIN)
    return create_full_screen_shader(
        textures,
        ("VEC4", "result"),
        "".join(f"#define {option}\n" for option in options) + "".join(parts),
        with_view=True,
        constants=(("VEC2", "fine_share"),) if band is Band.FINE else (),
    )


@lru_cache(maxsize=1)
def least_shader() -> GPUShader:
    """Finds the least sum of weights."""
    return create_full_screen_shader(("sums", "places"), ("FLOAT", "least"), f"#define TILE {TILE}\n" + LEAST_MAIN)


@lru_cache(maxsize=1)
def cell_shader() -> GPUShader:
    """A picture's mean over each cell of its view."""
    return create_full_screen_shader(
        ("picture", "distances", "borders"),
        ("VEC4", "cell"),
        PLANE_DEPTH + SAMPLING + CELL_MAIN,
        with_view=True,
        constants=(("VEC2", "cell_count"),),
        second_result=("FLOAT", "cell_depth"),
    )


@lru_cache(maxsize=1)
def blur_shader() -> GPUShader:
    """Blurs the cells: a picture's coarse band."""
    source = f"#define BLUR {_BLUR}\n" + PLANE_DEPTH + BLUR_MAIN
    return create_full_screen_shader(("cells", "cell_depths"), ("FLOAT", "coarse"), source, with_view=True)


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
