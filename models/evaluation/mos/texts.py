"""What raters read, and the five-grade scales of quality and impairment.

The scales are those of ITU-R BT.500-13, which are the same in later editions.
"""

QUALITY = ("Bad", "Poor", "Fair", "Good", "Excellent")
IMPAIRMENT = ("Very annoying", "Annoying", "Slightly annoying", "Perceptible, but not annoying", "Imperceptible")

SCREEN = (
    "Sit as you usually do before this screen, in a room that is not bright, and wear the glasses that you wear for it."
)
CONSENT = (
    "I take part of my own free will and may stop at any time. My answers, the name or number that I give here, the "
    "times of my answers and the size of my window are kept and analysed."
)
THANKS = "Your answers help to build better picture codecs."

INSTRUCTIONS = {
    "acr": (
        "You will see pictures, one at a time. Say how good the quality of each one is, from 1, bad, to 5, excellent. "
        "What a picture shows does not matter, only how well it is shown."
    ),
    "dsis": (
        "You will see an original and a picture made from it. Say how much the second one is impaired against the "
        "original, from 1, very annoying, to 5, imperceptible. Some are not impaired at all."
    ),
    "pair": (
        "You will see two versions of one picture. Say which one looks better to you. Sometimes they differ very "
        "little; {undecided}"
    ),
}
UNDECIDED = {False: "then choose as you feel.", True: "if you see no difference, say so."}
QUESTION = {
    "acr": "How good is the quality of this picture?",
    "dsis": "How annoying are the differences from the original?",
    "pair": "Which one looks better?",
}
NAMES = {
    ("acr", "single"): [],
    ("dsis", "beside"): ["Original", "Picture to judge"],
    ("dsis", "alternate"): ["Original", "Picture to judge"],
    ("pair", "beside"): ["Left", "Right"],
    ("pair", "alternate"): ["First", "Second"],
}


def scale(method, layout, ties):
    if method != "pair":
        return [
            {"value": grade, "label": label}
            for grade, label in enumerate(QUALITY if method == "acr" else IMPAIRMENT, 1)
        ]
    first, second = NAMES[method, layout]
    between = [{"value": "tie", "label": "No difference"}] if ties else []
    return [{"value": "a", "label": first}, *between, {"value": "b", "label": second}]


def texts(method, layout, ties):
    return {
        "instructions": [INSTRUCTIONS[method].format(undecided=UNDECIDED[ties]), SCREEN],
        "consent": CONSENT,
        "question": QUESTION[method],
        "names": NAMES[method, layout],
        "thanks": THANKS,
    }
