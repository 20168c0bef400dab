/// Anthropic's list prices as of 2026-11-20: https://platform.claude.com/docs/en/about-claude/pricing, and for models that
/// are not there the price table inside Claude Code 2.1.329. The form is `PriceParser`'s.
let anthropicPrices = """
    table anthropic-2026-11-20
    claude-fable-5 - - 10 50 12.5 20 1 batch=0.5 us=1.1 search=0.01
    claude-fable-5-1 - - 10 50 12.5 20 0.25 batch=0.5 us=1.1 search=0.01
    claude-fable-5-2 - - 8 40 10 16 0.2 batch=0.5 fast=2 us=1.1 search=0.01
    claude-haiku-4-5 - - 1 5 1.25 2 0.1 batch=0.5 search=0.01
    claude-haiku-5-5 - - 0.1 0.5 0.125 0.2 0.01 batch=0.5 us=1.1 search=0.01 above=100000:0.5/2.5/0.625/1/0.05
    claude-mythos-5 - - 10 50 12.5 20 1 batch=0.5 us=1.1 search=0.01
    claude-mythos-5-1 - - 10 50 12.5 20 0.25 batch=0.5 us=1.1 search=0.01
    claude-mythos-5-2 - - 8 40 10 16 0.2 batch=0.5 us=1.1 search=0.01
    claude-mythos-preview - - 10 50 12.5 20 1 batch=0.5 us=1.1 search=0.01
    claude-opus-4-5 - - 5 25 6.25 10 0.5 batch=0.5 search=0.01
    claude-opus-4-6 - - 5 25 6.25 10 0.5 batch=0.5 fast=6 us=1.1 search=0.01
    claude-opus-4-7 - - 5 25 6.25 10 0.5 batch=0.5 fast=6 us=1.1 search=0.01
    claude-opus-4-8 - - 5 25 6.25 10 0.5 batch=0.5 fast=2 us=1.1 search=0.01
    claude-opus-5 - - 5 25 6.25 10 0.5 batch=0.5 fast=2 us=1.1 search=0.01
    claude-opus-5-5 - - 4 20 5 8 0.2 batch=0.5 fast=2 us=1.1 search=0.01
    claude-sonnet-4-5 - - 3 15 3.75 6 0.3 batch=0.5 search=0.01
    claude-sonnet-4-6 - - 3 15 3.75 6 0.3 batch=0.5 us=1.1 search=0.01
    claude-sonnet-5 - - 2 10 2.5 4 0.2 batch=0.5 us=1.1 search=0.01
    claude-sonnet-5-5 2026-10-07 - 2 10 2.5 4 0.1 batch=0.5 us=1.1 search=0.01
    claude-sonnet-5-5 - 2026-10-07 2 10 2.5 4 0.2 batch=0.5 us=1.1 search=0.01
    """
