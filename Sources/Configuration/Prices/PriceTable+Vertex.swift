/// Prices of Claude and Gemini on Vertex AI as of 2026-11-20: https://cloud.google.com/gemini-enterprise-agent-platform/
/// generative-ai/pricing (LiteLLM 1.106.2); gemini-4-argon is taken from the Gemini API.
///
/// A row is the price of the global location. The form is `PriceParser`'s.
let vertexPrices = """
    table vertex-2026-11-20
    claude-fable-5 - - 10 50 12.5 20 1 batch=0.5 region=1.1 search=0.01
    claude-fable-5-1 - - 10 50 12.5 20 0.25 batch=0.5 region=1.1 search=0.01
    claude-haiku-4-5 - - 1 5 1.25 2 0.1 batch=0.5 region=1.1 search=0.01
    claude-haiku-5-5 - - 0.1 0.5 0.125 0.2 0.01 above=100000:0.5/2.5/0.625/1/0.05 batch=0.5 region=1.1 search=0.01
    claude-opus-4-5 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 search=0.01
    claude-opus-4-6 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 search=0.01
    claude-opus-4-7 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 search=0.01
    claude-opus-4-8 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 search=0.01
    claude-opus-5 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 search=0.01
    claude-opus-5-5 - - 4 20 5 8 0.2 batch=0.5 region=1.1 search=0.01
    claude-sonnet-4-5 - - 3 15 3.75 6 0.3 above=200000:6/22.5/7.5/12/0.6 batch=0.5 region=1.1 search=0.01
    claude-sonnet-4-6 - - 3 15 3.75 6 0.3 batch=0.5 region=1.1 search=0.01
    claude-sonnet-5 - - 2 10 2.5 4 0.2 batch=0.5 region=1.1 search=0.01
    claude-sonnet-5-5 - - 2 10 2.5 4 0.1 batch=0.5 region=1.1 search=0.01
    gemini-2.5-flash - - 0.3 2.5 0.3 0.3 0.03 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-flash-lite - - 0.1 0.4 0.1 0.1 0.01 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-flash-lite-preview-09-2025 - - 0.1 0.4 0.1 0.1 0.01 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-flash-preview-09-2025 - - 0.3 2.5 0.3 0.3 0.03 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-pro - - 1.25 10 1.25 1.25 0.125 above=200000:2.5/15/2.5/2.5/0.25 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-3-flash-preview - - 0.5 3 0.5 0.5 0.05 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-flash-lite - - 0.25 1.5 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 region=1.1 search=0.014
    gemini-3.1-flash-lite-preview - - 0.25 1.5 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-pro-preview - - 2 12 2 2 0.2 above=200000:4/18/4/4/0.4 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-pro-preview-customtools - - 2 12 2 2 0.2 above=200000:4/18/4/4/0.4 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.5-flash - - 1.5 9 1.5 1.5 0.15 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.5-flash-lite - - 0.3 2.5 0.3 0.3 0.03 flex=0.5 batch=0.5 priority=1.8 region=1.1 search=0.014
    gemini-3.6-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.7-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.8-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.8-flash-cyber - - 1.5 7.5 1.5 1.5 0.15 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-4-argon - 2026-12-01 2 10 2 2 0.1 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-4-argon 2026-12-01 - 4 20 4 4 0.2 flex=0.5 batch=0.5 priority=1.8 search=0.014
    """
