"""What follows from measurements: BD-rates and costs, tables in Markdown, charts, batches for Codec-Compare."""
