"""Distortions. `mse`: the mean squared error of red, green and blue. `visual`: what people see, in the units of an MSE.

    visual = STRUCTURE (1 - MS-SSIM of luma) + DETAIL * texture error + COLOUR * MSE of chroma + FIDELITY * MSE

MS-SSIM is that of Wang, Simoncelli, Bovik 2003, on as many of its five scales as the crop has room for. The texture
error is the squared difference of local standard deviations of luma, so that detail which cannot be coded is not
smeared away. MS-SSIM sees no colour, and shifts of large areas badly: the squared errors keep both.
"""
import torch
import torch.nn.functional as F

MS_SSIM_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # from the finest scale to the coarsest
WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2  # samples of 0..1
# 1 - MS-SSIM of 0.01 weighs as an MSE of 0.01 * STRUCTURE: near quality 50 a photo has 1 - MS-SSIM = 0.02 and an MSE of
# 0.0006.
STRUCTURE, DETAIL, COLOUR, FIDELITY = 0.016, 0.08, 0.15, 0.2


def window(like):
    distance = torch.arange(WINDOW, device=like.device, dtype=like.dtype) - WINDOW // 2
    weights = torch.exp(-distance.square() / (2 * SIGMA**2))
    return weights / weights.sum()


def blur(x):
    """x (B, C, H, W) -> (B, C, H - 10, W - 10), channel by channel."""
    weights, channels = window(x), x.shape[1]
    columns = weights.reshape(1, 1, -1, 1).expand(channels, 1, -1, 1)
    return F.conv2d(F.conv2d(x, columns, groups=channels), columns.transpose(2, 3), groups=channels)


def similarity(a, b):
    """a, b (B, 1, H, W) -> SSIM, its contrast and structure part, and the squared difference of standard deviations.

    Each has the shape (B).
    """
    mean_a, mean_b, square_a, square_b, product = blur(torch.cat([a, b, a * a, b * b, a * b], 1)).chunk(5, 1)
    variance_a, variance_b = (square_a - mean_a.square()).clamp(min=0), (square_b - mean_b.square()).clamp(min=0)
    structure = (2 * (product - mean_a * mean_b) + C2) / (variance_a + variance_b + C2)
    luminance = (2 * mean_a * mean_b + C1) / (mean_a.square() + mean_b.square() + C1)
    texture = ((variance_a + C2).sqrt() - (variance_b + C2).sqrt()).square()
    return (luminance * structure).mean((1, 2, 3)), structure.mean((1, 2, 3)), texture.mean((1, 2, 3))


def scales_of(side):
    """How many scales a picture of that side has room for."""
    return max(1, sum(side >> scale >= WINDOW for scale in range(len(MS_SSIM_WEIGHTS))))


def structure_error(a, b):
    """luma (B, 1, H, W) of 0..1 -> 1 - MS-SSIM (B), texture error of the two finest scales (B)."""
    count = scales_of(min(a.shape[2:]))
    weights = torch.tensor(MS_SSIM_WEIGHTS[:count], dtype=torch.float64)
    logarithm, texture = 0.0, 0.0
    for scale, weight in enumerate((weights / weights.sum()).tolist()):
        if scale:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        whole, part, detail = similarity(a, b)
        logarithm = logarithm + weight * (whole if scale == count - 1 else part).clamp(min=1e-3).log()
        texture = texture + (0.5 * detail if scale < 2 else 0.0)
    return 1.0 - logarithm.exp(), texture


def to_ycbcr(x):
    """x (B, 3, H, W) -> luma (B, 1, H, W), chroma (B, 2, H, W), of 0..1 and -0.5..0.5 (BT.601)."""
    luma = 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]
    return luma, torch.cat([(x[:, 2:] - luma) / 1.772, (x[:, :1] - luma) / 1.402], 1)


def mean_squared_error(picture, x):
    return (picture - x).square().mean((1, 2, 3))


def visual(picture, x):
    (luma, chroma), (luma_x, chroma_x) = to_ycbcr(picture), to_ycbcr(x)
    structure, texture = structure_error(luma_x, luma)
    return (
        STRUCTURE * structure
        + DETAIL * texture
        + COLOUR * (chroma - chroma_x).square().mean((1, 2, 3))
        + FIDELITY * mean_squared_error(picture, x)
    )


LOSSES = {"mse": mean_squared_error, "visual": visual}
WEIGHTS = {"mse": (), "visual": (STRUCTURE, DETAIL, COLOUR, FIDELITY)}  # of the losses that an encoder has to know
