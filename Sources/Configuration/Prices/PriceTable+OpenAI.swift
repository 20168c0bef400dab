/// OpenAI's list prices as of 2026-11-20: https://developers.openai.com/api/docs/pricing and LiteLLM 1.106.2.
///
/// Writes are those kept for 30 minutes and for 12 hours; before gpt-5.6 writing costs what reading anew does. Only gpt-6.2-sol
/// has a published price of the second, 2.5 times input: the others of its generation are taken to have the same. A model
/// without a price of cached tokens has no discount on them. Where nothing else is published flex and batch are half,
/// priority twice the standard price. The form is `PriceParser`'s.
let openAIPrices = """
    table openai-2026-11-20
    gpt-4.1 - - 2 8 2 2 0.5 flex=0.5 batch=0.5 priority=1.75 search=0.025
    gpt-4.1-mini - - 0.4 1.6 0.4 0.4 0.1 flex=0.5 batch=0.5 priority=1.75 search=0.025
    gpt-4.1-nano - - 0.1 0.4 0.1 0.1 0.025 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-4o - - 2.5 10 2.5 2.5 1.25 flex=0.5 batch=0.5 priority=1.7 search=0.01
    gpt-4o-mini - - 0.15 0.6 0.15 0.15 0.075 flex=0.5 batch=0.5 priority=0.25/1/0.25/0.25/0.125 search=0.025
    gpt-5 - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5-chat - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5-codex - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5-mini - - 0.25 2 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 search=0.01
    gpt-5-nano - - 0.05 0.4 0.05 0.05 0.005 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5-pro - - 15 120 15 15 15 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.1 - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.1-chat-latest - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.1-codex - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.1-codex-max - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.1-codex-mini - - 0.25 2 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.2 - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.2-chat-latest - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.2-codex - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.2-pro - - 21 168 21 21 21 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.3-chat-latest - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.3-codex - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.4 - - 2.5 15 2.5 2.5 0.25 above=272000:5/22.5/5/5/0.5 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.4-mini - - 0.75 4.5 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.4-nano - - 0.2 1.25 0.2 0.2 0.02 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.4-pro - - 30 180 30 30 30 above=272000:60/270/60/60/60 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.5 - - 5 30 5 5 0.5 above=272000:10/45/10/10/1 flex=0.5 batch=0.5 priority=2.5 region=1.1 search=0.01
    gpt-5.5-cyber - - 12.5 75 12.5 12.5 1.25 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.5-cyber-preview - - 12.5 75 12.5 12.5 1.25 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.5-pro - - 30 180 30 30 30 above=272000:60/270/60/60/60 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6 - - 4 20 5 10 0.4 above=272000:8/30/10/20/0.8 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-cyber - - 12.5 75 15.625 31.25 1.25 above=272000:25/112.5/31.25/62.5/2.5 flex=0.5 batch=0.5 priority=2 search=0.01
    gpt-5.6-luna - - 0.2 1.2 0.25 0.5 0.02 above=272000:0.4/1.8/0.5/1/0.04 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-sol - - 4 20 5 10 0.4 above=272000:8/30/10/20/0.8 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-terra - - 2 12 2.5 5 0.2 above=272000:4/18/5/10/0.4 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6-astra - - 10 50 12.5 25 1 above=272000:20/75/25/50/2 flex=0.5 batch=0.5 priority=2 ultrafast=6 region=1.1 search=0.01
    gpt-6-luna - - 0.1 0.5 0.125 0.25 0.01 above=272000:0.2/0.75/0.25/0.5/0.02 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6-sol - - 2 10 2.5 5 0.2 above=272000:4/15/5/10/0.4 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6.1-sol - - 2 10 2.5 5 0.1 above=272000:4/15/5/10/0.2 flex=0.5 batch=0.5 priority=2 ultrafast=6 region=1.1 search=0.01
    gpt-6.1-terra - - 1 5 1.25 2.5 0.05 above=272000:2/7.5/2.5/5/0.1 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6.2-astra - - 8 40 10 20 0.4 above=272000:16/60/20/40/0.8 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6.2-sol - - 2 10 2.5 5 0.1 above=272000:4/15/5/10/0.2 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    o3 - - 2 8 2 2 0.5 flex=0.5 batch=0.5 priority=1.75 search=0.01
    o3-deep-research - - 10 40 10 10 2.5 flex=0.5 batch=0.5 priority=2 search=0.01
    o3-mini - - 1.1 4.4 1.1 1.1 0.55 flex=0.5 batch=0.5 priority=2 search=0.01
    o3-pro - - 20 80 20 20 20 flex=0.5 batch=0.5 priority=2 search=0.01
    o4-mini - - 1.1 4.4 1.1 1.1 0.275 flex=0.5 batch=0.5 priority=2/8/2/2/0.5 search=0.01
    o4-mini-deep-research - - 2 8 2 2 0.5 flex=0.5 batch=0.5 priority=2 search=0.01
    """
