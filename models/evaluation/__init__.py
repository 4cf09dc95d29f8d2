"""Comparisons of LIC with other codecs.

The modules of this folder are commands; the folders hold what they are made of:

    codecs        the codecs, and how their programs are run
    measurements  runs of codecs on pictures, kept by all that they depend on
    figures       BD-rates, tables and charts, which follow from measurements
    report_html   the report for people
    mos           subjective tests
"""
