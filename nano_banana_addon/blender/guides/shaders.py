# SPDX-License-Identifier: GPL-3.0-or-later
"""One pass over the geometry, then one small shader per guide. All by texelFetch, as in `bake.shaders`."""

from __future__ import annotations

from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader, GPUShaderCreateInfo, GPUStageInterfaceInfo

from ..bake.shaders import UNPACK, create_full_screen_shader, create_view_info

GEOMETRY_VERTEX = """
void main() {
  gl_Position = view.clip * vec4(position, 1.0);
  facing = (to_camera * vec4(normal, 0.0)).xyz;
  distance_along = dot(position - view.eye.xyz, view.forward.xyz);
  belongs = identity;
}
"""
GEOMETRY_FRAGMENT = """
void main() {
  vec3 n = normalize(facing);
  seen_normal = vec4((gl_FrontFacing ? n : -n) * 0.5 + 0.5, 1.0);
  seen_distance = distance_along;
  seen_identity = belongs;
}
"""

#: A guide is the mean of `grain` x `grain` samples of the geometry's pass. `spot` is its pixel in that pass.
SAMPLES = """
void main() {
  vec3 sum = vec3(0.0);
  ivec2 first = ivec2(gl_FragCoord.xy) * grain;
  for (int k = 0; k < grain * grain; k++) { sum += guide(first + ivec2(k % grain, k / grain)); }
  colour = vec4(sum / float(grain * grain), 1.0);
}
"""

#: The display value of what is behind the clay. Clay is 0.16 to 0.88, at an outline at most 0.54: a ground of such a
#: tone hides the outline, by which a generated view is registered (measured: 0.25 px off before 0.5, 0.09 before this).
GROUND = 0.93

CLAY = """
vec3 guide(ivec2 spot) {
  vec4 n = texelFetch(normals, spot, 0);
  vec3 facing = n.xyz * 2.0 - 1.0;
  float key = max(dot(facing, normalize(vec3(-0.45, 0.6, 0.65))), 0.0);
  float light = 0.16 + 0.5 * key + 0.28 * max(facing.z, 0.0);
  return n.w > 0.5 ? vec3(light) : vec3(GROUND);
}
""".replace("GROUND", str(GROUND))
DEPTH = """
vec3 guide(ivec2 spot) {
  float d = texelFetch(distances, spot, 0).r;
  float part = clamp((d - depth_range.x) / max(depth_range.y - depth_range.x, 1.0e-12), 0.0, 1.0);
  return d > 1.0e29 ? vec3(0.0) : vec3(mix(1.0, 0.12, part));
}
"""
NORMAL = """
vec3 guide(ivec2 spot) {
  vec4 n = texelFetch(normals, spot, 0);
  return n.w > 0.5 ? n.xyz : vec3(0.5, 0.5, 1.0);
}
"""
#: Half the line's width lies on either side of an edge: the pixels across it are compared at that distance.
LINES = """
vec3 guide(ivec2 spot) {
  ivec2 last = textureSize(distances, 0) - 1;
  vec4 here = texelFetch(normals, spot, 0);
  float own = texelFetch(distances, spot, 0).r;
  float who = texelFetch(identities, spot, 0).r;
  bool flat_view = depth_range.z > 0.5;
  float q = flat_view ? own : 1.0 / own;
  bool line = false;
  for (int k = 0; k < 4; k++) {
    ivec2 step_to = k == 0 ? ivec2(1, 0) : k == 1 ? ivec2(0, 1) : k == 2 ? ivec2(1, 1) : ivec2(1, -1);
    ivec2 a = clamp(spot + step_to * grain, ivec2(0), last), b = clamp(spot - step_to * grain, ivec2(0), last);
    vec4 na = texelFetch(normals, a, 0), nb = texelFetch(normals, b, 0);
    line = line || na.w != here.w || nb.w != here.w;
    if (here.w > 0.5 && na.w > 0.5 && nb.w > 0.5) {
      line = line || texelFetch(identities, a, 0).r != who || texelFetch(identities, b, 0).r != who;
      line = line || dot(na.xyz * 2.0 - 1.0, nb.xyz * 2.0 - 1.0) < 0.75;
      float da = texelFetch(distances, a, 0).r, db = texelFetch(distances, b, 0).r;
      float bend = abs((flat_view ? da : 1.0 / da) + (flat_view ? db : 1.0 / db) - 2.0 * q);
      line = line || bend > 6.0 * float(grain) * depth_range.w * (flat_view ? 1.0 : q);
    }
  }
  return vec3(line ? 0.0 : 1.0);
}
"""
IDENTITY = """
vec3 guide(ivec2 spot) {
  float who = texelFetch(identities, spot, 0).r;
  if (who < 0.0) { return vec3(0.0); }
  float hue = fract(who * 0.61803398875 + 0.05) * 6.0;
  vec3 c = clamp(abs(mod(hue + vec3(0.0, 4.0, 2.0), 6.0) - 3.0) - 1.0, 0.0, 1.0);
  float level = mod(who, 3.0) < 0.5 ? 0.95 : mod(who, 3.0) < 1.5 ? 0.7 : 0.5;
  return mix(vec3(1.0), c, 0.8) * level;
}
"""

PAINTED_VERTEX = """
void main() {
  gl_Position = view.clip * vec4(position, 1.0);
  at = uv;
  facing = (to_camera * vec4(normal, 0.0)).xyz;
}
"""
PAINTED_FRAGMENT = """
vec4 texel(ivec2 spot) {
  float value = texelFetch(map, clamp(spot, ivec2(0), textureSize(map, 0) - 1), 0).r;
  return value < 0.0 ? vec4(0.0) : vec4(unpack(value), 1.0);
}
void main() {
  vec2 spot = at * vec2(textureSize(map, 0)) - 0.5;
  ivec2 corner = ivec2(floor(spot));
  vec2 f = spot - floor(spot);
  vec4 c = mix(mix(texel(corner), texel(corner + ivec2(1, 0)), f.x),
               mix(texel(corner + ivec2(0, 1)), texel(corner + ivec2(1, 1)), f.x), f.y);
  float light = 0.3 + 0.5 * max(normalize(facing).z, 0.0);
  vec3 shown = c.a > 0.5 ? c.rgb / c.a : key.rgb;
  colour = vec4(key.a > 0.5 ? shown : vec3(light), 1.0);
}
"""

PLACE_FRAGMENT = "void main() { colour = vec4(at, key.r, 1.0); }"


@lru_cache(maxsize=1)
def geometry_shader() -> GPUShader:
    """Normals in camera space, distances, and what each pixel belongs to, in one pass."""
    info, interface = _create_camera_info("guide_between")
    interface.smooth("VEC3", "facing")
    interface.smooth("FLOAT", "distance_along")
    interface.flat("FLOAT", "belongs")
    info.vertex_in(2, "FLOAT", "identity")
    info.vertex_out(interface)
    for slot, (kind, name) in enumerate(
        (("VEC4", "seen_normal"), ("FLOAT", "seen_distance"), ("FLOAT", "seen_identity"))
    ):
        info.fragment_out(slot, kind, name)
    info.vertex_source(GEOMETRY_VERTEX)
    info.fragment_source(GEOMETRY_FRAGMENT)
    return create_from_info(info)


@lru_cache(maxsize=1)
def map_shader() -> GPUShader:
    """Shows a map on its surface, unlit; `key` (rgb, 1) where it is empty, or (…, 0): plain grey all over."""
    return _create_map_shader(UNPACK + PAINTED_FRAGMENT, reads_map=True)


@lru_cache(maxsize=1)
def map_place_shader() -> GPUShader:
    """Writes a surface's place in its map, and red of `key`."""
    return _create_map_shader(PLACE_FRAGMENT, reads_map=False)


def _create_map_shader(fragment: str, *, reads_map: bool) -> GPUShader:
    info, interface = _create_camera_info("painted_between")
    interface.smooth("VEC2", "at")
    interface.smooth("VEC3", "facing")
    info.push_constant("VEC4", "key")
    if reads_map:
        info.sampler(0, "FLOAT_2D", "map")
    info.vertex_in(2, "VEC2", "uv")
    info.vertex_out(interface)
    info.fragment_out(0, "VEC4", "colour")
    info.vertex_source(PAINTED_VERTEX)
    info.fragment_source(fragment)
    return create_from_info(info)


def _create_camera_info(name: str) -> tuple[GPUShaderCreateInfo, GPUStageInterfaceInfo]:
    info = create_view_info()
    info.push_constant("MAT4", "to_camera")
    info.vertex_in(0, "VEC3", "position")
    info.vertex_in(1, "VEC3", "normal")
    return info, GPUStageInterfaceInfo(name)


@lru_cache(maxsize=8)
def guide_shader(source: str) -> GPUShader:
    """The shader of one guide; `depth_range`: nearest, farthest, 1 if orthographic, a pixel's width."""
    range_constants: tuple[tuple[str, str], ...] = (("VEC4", "depth_range"),) if needs_range(source) else ()
    return create_full_screen_shader(
        ("normals", "distances", "identities"),
        ("VEC4", "colour"),
        source + SAMPLES,
        constants=(*range_constants, ("INT", "grain")),
    )


def needs_range(source: str) -> bool:
    """Whether a guide looks at `depth_range`: a constant that the shader does not use cannot be set."""
    return "depth_range" in source
