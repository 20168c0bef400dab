/// xAI's list prices as of 2026-11-20: https://api.x.ai/v1/language-models and https://docs.x.ai pricing (LiteLLM 1.106.2).
/// Every answer says what it cost (`cost_in_usd_ticks`), which comes before these. The form is `PriceParser`'s.
let xaiPrices = """
    table xai-2026-11-20
    grok-4.20 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-0309 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-0309-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-0309-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-beta - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-0309 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-0309-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-0309-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-latest-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-latest-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-beta-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-0304 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-0304-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-0304-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-latest - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-non-reasoning-latest - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-experimental-beta-reasoning-latest - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-multi-agent - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-multi-agent-0309 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-multi-agent-beta-0309 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-multi-agent-beta-latest - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-multi-agent-experimental-beta-0304 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-multi-agent-experimental-beta-latest - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-non-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-non-reasoning-gv2 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.20-reasoning - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.20-reasoning-gv2 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 search=0.005
    grok-4.3 - - 1.25 2.5 1.25 1.25 0.2 above=200000:2.5/5/2.5/2.5/0.4 batch=0.8 search=0.005
    grok-4.5 - - 2 6 2 2 0.3 above=200000:4/12/4/4/0.6 search=0.005
    grok-4.6 - - 2 6 2 2 0.5 above=200000:4/12/4/4/1 search=0.005
    grok-4.7 - - 2 6 2 2 0.5 above=200000:4/12/4/4/1 search=0.005
    grok-build-0.1 - - 1 2 1 1 0.2 above=200000:2/4/2/2/0.4 search=0.005
    grok-build-latest - - 2 6 2 2 0.3 above=200000:4/12/4/4/0.6 search=0.005
    grok-code-fast - - 1 2 1 1 0.2 above=200000:2/4/2/2/0.4 search=0.005
    grok-code-fast-1 - - 1 2 1 1 0.2 above=200000:2/4/2/2/0.4 search=0.005
    grok-code-fast-1-0825 - - 1 2 1 1 0.2 above=200000:2/4/2/2/0.4 search=0.005
    """
