def finish_map(surface, batch, rgba, dilation):
    return rgba
