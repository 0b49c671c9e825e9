# SPDX-License-Identifier: GPL-3.0-or-later
"""The shaders of the projection, for OpenGL and Vulkan alike (everything goes through GPUShaderCreateInfo).

All textures are read by texelFetch or textureGather, never by a sampler's interpolation: the filter state of a texture
differs between Blender's versions and backends, and the projection must be exact to a fraction of a pixel.
"""

from __future__ import annotations

from functools import lru_cache

from gpu.shader import create_from_info
from gpu.types import GPUShader, GPUShaderCreateInfo, GPUStageInterfaceInfo

#: Keep in step with `view_uniforms.create_uniform_block`.
VIEW_STRUCT = """
struct ViewData {
  mat4 clip;      /* world space less the origin, to clip space */
  vec4 eye;       /* xyz position; w 1 for an orthographic view */
  vec4 forward;   /* xyz unit direction of sight; w a pixel's width: per unit of distance, or as it is (orthographic) */
  vec4 sizes;     /* width and height of the picture, of the distance texture */
  vec4 frontal;   /* least cosine, exponent, the density that counts as 1, the view's own weight */
  vec4 edges;     /* width of the soft border in distance pixels, samples across a texel at most, picture pixels for a
                     distance pixel, 1 where faces are seen from both sides */
  vec4 across;    /* xyz: the place across the picture, 0 ... 1, of a place in the view (x, y, 1) */
  vec4 up;        /* xyz: the place up the picture */
  vec4 red;       /* xyz: what the picture's colour contributes to red */
  vec4 green;
  vec4 blue;
};
"""

#: The vectors of `ViewData`, as inputs that are the same at each pixel of a full-screen shader. Software renderers
#: check bounds at each pixel for each number that is read from a uniform buffer: more than half of all the time.
#: These are 14; OpenGL promises room for 15, Vulkan for 16 with the position.
_VIEW_VECTORS = {f"view_clip_{n}": f"clip[{n}]" for n in range(4)} | {
    f"view_{name}": name
    for name in ("eye", "forward", "sizes", "frontal", "edges", "across", "up", "red", "green", "blue")
}
#: What a fragment shader's main() calls first.
_LOAD_VIEW = (
    "ViewData view;\nvoid load_view() {\n"
    + "".join(f"  view.{member} = {name};\n" for name, member in _VIEW_VECTORS.items())
    + "}\n"
)

DISTANCE_VERTEX = """
void main() {
  gl_Position = view.clip * vec4(position, 1.0);
  distance_along = dot(position - view.eye.xyz, view.forward.xyz);
}
"""
DISTANCE_FRAGMENT = "void main() { seen_distance = distance_along; }"

#: The colour, 0 ... 1, that `textures.pack_pixels` put into one float.
UNPACK = """
vec3 unpack(float value) {
  int bits = int(abs(value));
  return vec3(float(bits & 255), float((bits >> 8) & 255), float(bits >> 16)) / 255.0;
}
"""

FULL_VERTEX = "void main() { gl_Position = vec4(position, 0.0, 1.0); }"
_FULL_VERTEX_WITH_VIEW = (
    "void main() {\n  gl_Position = vec4(position, 0.0, 1.0);\n"
    + "".join(f"  {name} = view_block.{member};\n" for name, member in _VIEW_VECTORS.items())
    + "}\n"
)

#: Depth that is a linear function of the pixel on any plane, so that second differences measure jumps and folds only.
PLANE_DEPTH = """
bool is_flat_view() { return view.eye.w > 0.5; }
float plane_depth(float along) { return is_flat_view() ? along : 1.0 / along; }
/* A pixel's width on the surface, in the units of plane_depth, at that depth. */
float pixel_step(float depth) { return view.forward.w * (is_flat_view() ? 1.0 : depth); }
"""

#: Half resolution: 1 where the distance jumps or folds sharply in the 2 x 2 pixels of the cell.
JUMP_FRAGMENT = """
#define JUMP 4.0  /* in pixel widths: a fold between two visible faces stays below, an occlusion above */
void main() {
  load_view();
  ivec2 base = ivec2(gl_FragCoord.xy) * 2 - 1;
  float q[16];
  for (int k = 0; k < 4; k++) {  /* what lies beyond the frame does not matter: the border refuses its edge anyway */
    ivec2 part = ivec2(k % 2, k / 2) * 2;
    vec4 found = textureGather(distances, vec2(base + part + 1) / view.sizes.zw);
    int i = part.x + 4 * part.y;
    q[i] = plane_depth(found.w);
    q[i + 1] = plane_depth(found.z);
    q[i + 4] = plane_depth(found.x);
    q[i + 5] = plane_depth(found.y);
  }
  float worst = 0.0;
  for (int j = 0; j < 4; j++) {
    int c = 5 + (j % 2) + 4 * (j / 2);
    float allowed = JUMP * pixel_step(abs(q[c])) + 1.0e-20;
    float bend = max(abs(q[c - 1] + q[c + 1] - 2.0 * q[c]), abs(q[c - 4] + q[c + 4] - 2.0 * q[c]));
    bend = max(bend, max(abs(q[c - 5] + q[c + 5] - 2.0 * q[c]), abs(q[c - 3] + q[c + 3] - 2.0 * q[c])));
    worst = max(worst, bend / allowed);
    if (is_flat_view() ? q[c] > 1.0e29 : q[c] < 1.0e-29) { worst = 2.0; }  /* nothing there */
  }
  jump = worst > 1.0 ? 1.0 : 0.0;
}
"""

#: Quarter resolution, in two steps: the distance to the nearest jump, in cells, up to REACH.
NEAR_ACROSS_FRAGMENT = """
#define REACH 4
void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  vec2 size = vec2(textureSize(jumps, 0));
  float nearest = float(REACH);
  for (int d = -REACH; d <= REACH; d++) {
    vec4 found = textureGather(jumps, clamp(vec2((cell + ivec2(d, 0)) * 2 + 1), vec2(1.0), size - 1.0) / size);
    if (any(greaterThan(found, vec4(0.5)))) { nearest = min(nearest, abs(float(d))); }
  }
  near = nearest;
}
"""
NEAR_DOWN_FRAGMENT = """
#define REACH 4
void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  ivec2 last = textureSize(across, 0) - 1;
  float nearest = float(REACH);
  for (int d = -REACH; d <= REACH; d++) {
    float sideways = texelFetch(across, clamp(cell + ivec2(0, d), ivec2(0), last), 0).r;
    if (sideways < float(REACH)) { nearest = min(nearest, length(vec2(sideways, float(d)))); }
  }
  near = nearest;
}
"""

#: Half resolution: how much a pixel counts for being inside (0.01 ... 1), negative where a jump is too near to trust
#: the colour: an antialiased edge holds some of what is behind.
BORDER_FRAGMENT = """
void main() {
  load_view();
  ivec2 cell = ivec2(gl_FragCoord.xy);
  vec2 size = vec2(textureSize(jumps, 0));
  vec4 jump = vec4(0.0);  /* in the 3 x 3 cells around, by the four corners where they meet */
  for (int k = 0; k < 4; k++) {
    vec2 meeting = clamp(vec2(cell + ivec2(k % 2, k / 2)), vec2(1.0), size - 1.0);
    jump = max(jump, textureGather(jumps, meeting / size));
  }
  size = vec2(textureSize(near, 0));
  vec2 spot = clamp((vec2(cell) + 0.5) * 0.5 - 0.5, vec2(0.0), size - 1.0);
  vec2 corner = min(floor(spot), size - 2.0), f = spot - corner;
  vec4 n = textureGather(near, (corner + 1.0) / size);
  float cells = mix(mix(n.w, n.z, f.x), mix(n.x, n.y, f.x), f.y);
  vec2 here = (vec2(cell) + 0.5) * 2.0;
  vec2 inside = min(here, view.sizes.zw - here) - 2.0;
  bool is_refused = any(greaterThan(jump, vec4(0.5))) || min(inside.x, inside.y) <= 0.0;
  float pixels = min(4.0 * cells, min(inside.x, inside.y));
  float t = clamp(pixels / view.edges.x, 0.0, 1.0);
  border = is_refused ? -1.0 : t * t * (3.0 - 2.0 * t) * 0.99 + 0.01;
}
"""

UV_VERTEX = """
void main() {
  gl_Position = vec4(uv * strip.xy + strip.zw, 0.0, 1.0);
  place = position;
  shading_normal = normal;
}
"""

RESOLVE_FRAGMENT = """
void main() {
  vec4 sum = texelFetch(sums, ivec2(gl_FragCoord.xy), 0);
  vec3 mean = sum.rgb / max(sum.a, 1.0e-38);
#ifdef TWO_BANDS
  vec4 detail = texelFetch(details, ivec2(gl_FragCoord.xy), 0);
  mean += detail.rgb / max(detail.a, 1.0e-38);
#endif
  colour = sum.a > 0.0 ? vec4(clamp(mean, 0.0, 1.0), 1.0) : vec4(0.0);
}
"""


def create_view_info(name: str = "view") -> GPUShaderCreateInfo:
    """The description of a shader that has the uniform block of a view under this name."""
    info = GPUShaderCreateInfo()
    info.typedef_source(VIEW_STRUCT)
    info.uniform_buf(0, "ViewData", name)
    return info


def _create_full_screen_view_info() -> GPUShaderCreateInfo:
    """The same, for fragment shaders that call `load_view` and then read `view`; the block is `view_block`."""
    info = create_view_info("view_block")
    interface = GPUStageInterfaceInfo("view_between")
    for name in _VIEW_VECTORS:
        interface.flat("VEC4", name)
    info.vertex_out(interface)
    return info


@lru_cache(maxsize=1)
def distance_shader() -> GPUShader:
    """Draws the geometry: the distance along the line of sight."""
    info = create_view_info()
    interface = GPUStageInterfaceInfo("distance_between")
    interface.smooth("FLOAT", "distance_along")
    info.vertex_in(0, "VEC3", "position")
    info.vertex_out(interface)
    info.fragment_out(0, "FLOAT", "seen_distance")
    info.vertex_source(DISTANCE_VERTEX)
    info.fragment_source(DISTANCE_FRAGMENT)
    return create_from_info(info)


def create_full_screen_shader(
    textures: tuple[str, ...],
    result: tuple[str, str],
    source: str,
    *,
    with_view: bool = False,
    constants: tuple[tuple[str, str], ...] = (),
    second_result: tuple[str, str] | None = None,
) -> GPUShader:
    """A shader that covers the whole target; `textures` are the samplers, `result` type and name of the output.

    `with_view`: its main() calls `load_view()` first, and it takes the uniform block `view_block`.
    """
    info = _create_full_screen_view_info() if with_view else GPUShaderCreateInfo()
    for slot, name in enumerate(textures):
        info.sampler(slot, "FLOAT_2D", name)
    for kind, name in constants:
        info.push_constant(kind, name)
    info.vertex_in(0, "VEC2", "position")
    info.fragment_out(0, *result)
    if second_result is not None:
        info.fragment_out(1, *second_result)
    info.vertex_source(_FULL_VERTEX_WITH_VIEW if with_view else FULL_VERTEX)
    info.fragment_source((_LOAD_VIEW if with_view else "") + source)
    return create_from_info(info)


@lru_cache(maxsize=1)
def jump_shader() -> GPUShader:
    """Marks where the distance jumps."""
    return create_full_screen_shader(("distances",), ("FLOAT", "jump"), PLANE_DEPTH + JUMP_FRAGMENT, with_view=True)


@lru_cache(maxsize=1)
def near_across_shader() -> GPUShader:
    """First step of the distance to jumps: along rows."""
    return create_full_screen_shader(("jumps",), ("FLOAT", "near"), NEAR_ACROSS_FRAGMENT)


@lru_cache(maxsize=1)
def near_down_shader() -> GPUShader:
    """Second step: along columns."""
    return create_full_screen_shader(("across",), ("FLOAT", "near"), NEAR_DOWN_FRAGMENT)


@lru_cache(maxsize=1)
def border_shader() -> GPUShader:
    """Jumps and the distance to them as one soft border."""
    return create_full_screen_shader(("jumps", "near"), ("FLOAT", "border"), BORDER_FRAGMENT, with_view=True)


@lru_cache(maxsize=2)
def resolve_shader(*, two_bands: bool = False) -> GPUShader:
    """Sums divided by their weights; those of two bands added."""
    if two_bands:
        source = "#define TWO_BANDS\n" + RESOLVE_FRAGMENT
        return create_full_screen_shader(("sums", "details"), ("VEC4", "colour"), source)
    return create_full_screen_shader(("sums",), ("VEC4", "colour"), RESOLVE_FRAGMENT)


def uv_shader_info(fragment: str) -> GPUShaderCreateInfo:
    """The part that all shaders share which draw triangles at their place in the texture."""
    info = GPUShaderCreateInfo()  # without the view: Vulkan ends Blender over a buffer declared and not bound
    interface = GPUStageInterfaceInfo("surface_between")
    interface.smooth("VEC3", "place")
    interface.smooth("VEC3", "shading_normal")
    info.push_constant("VEC4", "strip")
    for slot, (kind, name) in enumerate((("VEC3", "position"), ("VEC3", "normal"), ("VEC2", "uv"))):
        info.vertex_in(slot, kind, name)
    info.vertex_out(interface)
    info.fragment_out(0, "VEC4", "result")
    info.vertex_source(UV_VERTEX)
    info.fragment_source(fragment)
    return info
