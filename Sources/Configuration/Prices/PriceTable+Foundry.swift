/// Prices of Claude and Grok on Microsoft Foundry as of 2026-11-20: https://prices.azure.com/api/retail/prices,
/// https://azure.microsoft.com/en-us/pricing/details/ai-foundry-models/grok/ (LiteLLM 1.106.2).
///
/// Claude costs what it costs with Anthropic, a US data zone a tenth more. What has no price of cached tokens has no discount on
/// them. The form is `PriceParser`'s.
let foundryPrices = """
    table foundry-2026-11-20
    claude-fable-5 - - 10 50 12.5 20 1 region=1.1 search=0.01
    claude-fable-5-1 - - 10 50 12.5 20 0.25 region=1.1 search=0.01
    claude-haiku-4-5 - - 1 5 1.25 2 0.1 region=1.1 search=0.01
    claude-haiku-5-5 - - 0.1 0.5 0.125 0.2 0.01 above=100000:0.5/2.5/0.625/1/0.05 region=1.1 search=0.01
    claude-opus-4-5 - - 5 25 6.25 10 0.5 region=1.1 search=0.01
    claude-opus-4-6 - - 5 25 6.25 10 0.5 region=1.1 search=0.01
    claude-opus-4-7 - - 5 25 6.25 10 0.5 region=1.1 search=0.01
    claude-opus-4-8 - - 5 25 6.25 10 0.5 region=1.1 search=0.01
    claude-opus-5 - - 5 25 6.25 10 0.5 region=1.1 search=0.01
    claude-opus-5-5 - - 4 20 5 8 0.2 region=1.1 search=0.01
    claude-opus-5-5-fast - - 8 40 10 16 0.4 region=1.1 search=0.02
    claude-sonnet-4-5 - - 3 15 3.75 6 0.3 region=1.1 search=0.01
    claude-sonnet-4-6 - - 3 15 3.75 6 0.3 region=1.1 search=0.01
    claude-sonnet-5 - - 2 10 2.5 4 0.2 region=1.1 search=0.01
    claude-sonnet-5-5 - 2026-10-07 2 10 2.5 4 0.2 region=1.1 search=0.01
    claude-sonnet-5-5 2026-10-07 - 2 10 2.5 4 0.1 region=1.1 search=0.01
    grok-3 - - 3 15 3 3 3
    grok-3-mini - - 0.25 1.27 0.25 0.25 0.25
    grok-4 - - 3 15 3 3 3
    grok-4-1-fast-non-reasoning - - 0.2 0.5 0.2 0.2 0.2
    grok-4-1-fast-reasoning - - 0.2 0.5 0.2 0.2 0.2
    grok-4-20-non-reasoning - - 1.25 2.5 1.25 1.25 1.25
    grok-4-20-reasoning - - 1.25 2.5 1.25 1.25 1.25
    grok-4-fast-non-reasoning - - 0.2 0.5 0.2 0.2 0.2
    grok-4-fast-reasoning - - 0.2 0.5 0.2 0.2 0.2
    grok-4.3 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4
    grok-4.6 - - 2 6 2 2 0.5 above=200000:4/12/4/4/1
    grok-4.7 - - 2 6 2 2 0.5 above=200000:4/12/4/4/1
    grok-code-fast-1 - - 0.2 1.5 0.2 0.2 0.2
    """
