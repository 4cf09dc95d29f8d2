"""Subjective tests of picture quality: plans for the page in web/mos/, and the analysis of what raters answer.

    runs or a table of pictures --design--> items --study--> STUDY/public/ (page, plan, pictures) and STUDY/key.json
                                                                 | raters
    report <--report, plots-- scores, bradley_terry <--screening-- results
"""
