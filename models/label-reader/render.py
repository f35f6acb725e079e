"""Draws labels with serial numbers the way a camera over a belt sees them, and says how well the model reads them.

Run: python -m pip install -r requirements.txt && npx tsx build.ts && python render.py

Writes pictures/ (24 of them, PNG and JPEG, with their truth), reference.jsonl (what the baseline is made of) and
v1/metrics.json (character error rate on 400 pictures that are drawn anew, of four kinds). Pictures are drawn from fonts, not
photographed: what is said of accuracy holds for print, not for stamped or engraved metal.
"""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import onnxruntime
from font_hanken_grotesk import HankenGroteskBold, HankenGroteskMedium
from font_roboto import Roboto, RobotoBold
from font_source_sans_pro import SourceSansPro, SourceSansProBold
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).parent
FONTS = [Roboto, RobotoBold, SourceSansPro, SourceSansProBold, HankenGroteskMedium, HankenGroteskBold]
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"


def some(rng, pool: str, n: int) -> str:
    return "".join(rng.choice(list(pool), n))


def label(rng) -> str:
    """A serial number, a lot, a date or a part number as they are printed."""
    return [
        lambda: f"SN {some(rng, LETTERS, 2)}-{some(rng, DIGITS, 7)}",
        lambda: f"{some(rng, LETTERS, 3)}{some(rng, DIGITS, 8)}",
        lambda: f"LOT {some(rng, DIGITS, 5)}/{some(rng, LETTERS, 1)}",
        lambda: f"EXP 20{rng.integers(26, 32)}-{rng.integers(1, 13):02d}-{rng.integers(1, 29):02d}",
        lambda: f"P/N {some(rng, DIGITS, 3)}.{some(rng, DIGITS, 3)}.{some(rng, DIGITS, 2)}",
    ][rng.integers(5)]()


# kind -> degrees of rotation, blur (pixels), noise (levels), JPEG quality
KINDS = {"clean": (0, 0.0, 2, 92), "tilted": (4, 0.4, 6, 80), "blurred": (1, 1.6, 8, 70), "noisy": (2, 0.6, 34, 60)}


def picture(rng, text: str, kind: str) -> Image.Image:
    degrees, blur, noise, _ = KINDS[kind]
    height = int(rng.integers(26, 60))
    font = ImageFont.truetype(FONTS[rng.integers(len(FONTS))], height)
    left, top, right, bottom = font.getbbox(text)
    pad = height // 3
    dark, light = int(rng.integers(10, 80)), int(rng.integers(170, 250))
    if rng.random() < 0.2:
        dark, light = light, dark
    tint = rng.integers(-12, 13, 3)
    image = Image.new("RGB", (right - left + 2 * pad, bottom - top + 2 * pad), tuple(int(np.clip(light + t, 0, 255)) for t in tint))
    ImageDraw.Draw(image).text((pad - left, pad - top), text, font=font, fill=(dark, dark, dark))
    image = image.rotate(rng.uniform(-degrees, degrees), Image.Resampling.BICUBIC, expand=False, fillcolor=image.getpixel((0, 0)))
    if blur:
        image = image.filter(ImageFilter.GaussianBlur(blur * height / 48))
    pixels = np.asarray(image, dtype=np.float32)
    # Light falls from one side.
    pixels = pixels * np.linspace(rng.uniform(0.75, 1), rng.uniform(0.75, 1), pixels.shape[1])[None, :, None]
    pixels = pixels + rng.normal(0, noise, pixels.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def packed(image: Image.Image, kind: str, png: bool) -> bytes:
    out = io.BytesIO()
    if png:
        image.convert("L").quantize(16).save(out, "PNG", optimize=True)
    else:
        image.save(out, "JPEG", quality=KINDS[kind][3])
    return out.getvalue()


def distance(a: str, b: str) -> int:
    """Levenshtein's."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def read(session, data: bytes) -> tuple[str, float]:
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[None]
    text, confidence = session.run(["text", "confidence"], {"image": pixels})
    return text[0], float(confidence[0])


def drawn(rng, count: int):
    for i in range(count):
        kind = list(KINDS)[i % len(KINDS)]
        text = label(rng)
        # Characters are read, not the gaps between them.
        yield kind, text.replace(" ", ""), packed(picture(rng, text, kind), kind, png=i % 8 >= 6)


def main() -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(HERE / "v1" / "model.onnx", options)
    found = {kind: {"pictures": 0, "characters": 0, "errors": 0, "whole": 0, "sureAndWrong": 0, "sure": 0} for kind in KINDS}
    for kind, text, data in drawn(np.random.default_rng(41), 400):
        guess, confidence = read(session, data)
        sums = found[kind]
        sums["pictures"] += 1
        sums["characters"] += len(text)
        sums["errors"] += distance(text, guess)
        sums["whole"] += guess == text
        sums["sure"] += confidence >= 0.95
        sums["sureAndWrong"] += confidence >= 0.95 and guess != text
    total = {key: sum(sums[key] for sums in found.values()) for key in next(iter(found.values()))}
    metrics = {
        kind: {
            "pictures": sums["pictures"],
            "characterErrorRate": round(sums["errors"] / sums["characters"], 4),
            "readWhole": round(sums["whole"] / sums["pictures"], 4),
            "sure": round(sums["sure"] / sums["pictures"], 4),
            "wrongWhereSure": round(sums["sureAndWrong"] / max(1, sums["sure"]), 4),
        }
        for kind, sums in {**found, "all": total}.items()
    }
    (HERE / "v1" / "metrics.json").write_text(json.dumps({"problem": "text of a printed label", "threshold": 0.95, "kinds": metrics}, indent=1) + "\n")
    print(json.dumps(metrics, indent=1))
    folder = HERE / "pictures"
    folder.mkdir(exist_ok=True)
    truths = {}
    for i, (kind, text, data) in enumerate(drawn(np.random.default_rng(7), 24)):
        name = f"{i:02d}-{kind}.{'png' if i % 8 >= 6 else 'jpg'}"
        (folder / name).write_bytes(data)
        guess, confidence = read(session, data)
        truths[name] = {"text": text, "python": guess, "confidence": round(confidence, 4)}
    (folder / "truth.json").write_text(json.dumps(truths, indent=1) + "\n")
    with (HERE / ".." / ".." / ".cache" / "label-reference.jsonl").open("w") as out:
        for kind, text, data in drawn(np.random.default_rng(19), 600):
            guess, _ = read(session, data)
            out.write(json.dumps({"image": {"b64": base64.b64encode(data).decode()}, "right": int(guess == text)}) + "\n")


if __name__ == "__main__":
    main()
