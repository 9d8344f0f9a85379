"""Claims of a paper, turned into patterns over the stages and judged by the fits of a study."""
