/// Google's list prices of the Gemini API as of 2026-11-20: https://ai.google.dev/gemini-api/docs/pricing (LiteLLM 1.106.2).
///
/// Implicit caching has no price of writing. `search` is one grounding query; the free amounts of a month are not counted, nor
/// is what explicit caches cost by the hour. The form is `PriceParser`'s.
let geminiPrices = """
    table gemini-2026-11-20
    gemini-2.5-flash - - 0.3 2.5 0.3 0.3 0.03 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-flash-lite - - 0.1 0.4 0.1 0.1 0.01 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-2.5-pro - - 1.25 10 1.25 1.25 0.125 above=200000:2.5/15/2.5/2.5/0.25 flex=0.5 batch=0.5 priority=1.8 search=0.035
    gemini-3-flash-preview - - 0.5 3 0.5 0.5 0.05 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-flash-lite - - 0.25 1.5 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-flash-lite-preview - - 0.25 1.5 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-pro-preview - - 2 12 2 2 0.2 above=200000:4/18/4/4/0.4 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.1-pro-preview-customtools - - 2 12 2 2 0.2 above=200000:4/18/4/4/0.4 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.5-flash - - 1.5 9 1.5 1.5 0.15 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.5-flash-lite - - 0.3 2.5 0.3 0.3 0.03 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.6-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.7-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-3.8-flash - - 0.75 3.75 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-4-argon - 2026-12-01 2 10 2 2 0.1 flex=0.5 batch=0.5 priority=1.8 search=0.014
    gemini-4-argon 2026-12-01 - 4 20 4 4 0.2 flex=0.5 batch=0.5 priority=1.8 search=0.014
    """
