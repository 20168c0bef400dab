/// Prices of OpenAI's models on Azure as of 2026-11-20: https://prices.azure.com/api/retail/prices (LiteLLM 1.106.2).
///
/// The names are those of the models: what a deployment is called says nothing. A row is the price of global deployments;
/// data zones and regions cost more, a few of them by figures that Azure has rounded. Writes and tiers that are not published
/// are as with OpenAI. The form is `PriceParser`'s.
let azurePrices = """
    table azure-2026-11-20
    eu/gpt-5-codex - - 1.375 11 1.375 1.375 0.138 flex=0.5 batch=0.5 priority=2
    eu/o4-mini - - 1.21 4.84 1.21 1.21 0.303 flex=0.5 batch=0.5 priority=2
    gpt-5 - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5-chat - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5-codex - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5-mini - - 0.25 2 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 region=1.1
    gpt-5-nano - - 0.05 0.4 0.05 0.05 0.005 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5-pro - - 15 120 15 15 15 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.1 - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.1-chat - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.1-codex - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.1-codex-max - - 1.25 10 1.25 1.25 0.125 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.1-codex-mini - - 0.25 2 0.25 0.25 0.025 flex=0.5 batch=0.5 priority=1.8 region=1.1
    gpt-5.2 - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.2-chat - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.2-codex - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.2-pro - - 21 168 21 21 21 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.3-chat - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.3-codex - - 1.75 14 1.75 1.75 0.175 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.4 - - 2.5 15 2.5 2.5 0.25 above=272000:5/22.5/5/5/0.5 flex=0.5 batch=0.5 priority=2 region=1.1
    gpt-5.4-mini - - 0.75 4.5 0.75 0.75 0.075 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.4-nano - - 0.2 1.25 0.2 0.2 0.02 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.4-pro - - 30 180 30 30 3 above=272000:60/270/60/60/6 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.5 - - 5 30 5 5 0.5 above=272000:10/45/10/10/1 flex=0.5 batch=0.5 priority=2.5 region=1.1 search=0.01
    gpt-5.5-pro - - 30 180 30 30 3 above=272000:60/270/60/60/6 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6 - - 4 20 5 10 0.4 above=272000:8/30/10/20/0.8 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-luna - - 0.2 1.2 0.25 0.5 0.02 above=272000:0.4/1.8/0.5/1/0.04 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-sol - - 4 20 5 10 0.4 above=272000:8/30/10/20/0.8 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-5.6-terra - - 2 12 2.5 5 0.2 above=272000:4/18/5/10/0.4 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    gpt-6-astra - - 10 50 12.5 25 1 above=272000:20/75/25/50/2 flex=0.5 batch=0.5 priority=2 region=1.1 eu=1.2 search=0.01
    gpt-6-luna - - 0.1 0.5 0.125 0.25 0.01 above=272000:0.2/0.75/0.25/0.5/0.02 flex=0.5 batch=0.5 priority=2 region=1.1 eu=1.2 search=0.01
    gpt-6-sol - - 2 10 2.5 5 0.2 above=272000:4/15/5/10/0.4 flex=0.5 batch=0.5 priority=2 region=1.1 eu=1.2 search=0.01
    gpt-6.1-sol - - 2 10 2.5 5 0.1 above=272000:4/15/5/10/0.2 flex=0.5 batch=0.5 priority=2 region=1.1 eu=1.2 search=0.01
    o3 - - 2 8 2 2 0.5 flex=0.5 batch=0.5 priority=2 region=1.1
    o3-deep-research - - 10 40 10 10 2.5 flex=0.5 batch=0.5 priority=2 region=1.1 search=0.01
    o3-mini - - 1.1 4.4 1.1 1.1 0.55 flex=0.5 batch=0.5 priority=2 region=1.1
    o3-pro - - 20 80 20 20 20 flex=0.5 batch=0.5 priority=2 region=1.1
    o4-mini - - 1.1 4.4 1.1 1.1 0.275 flex=0.5 batch=0.5 priority=2 region=1.1
    us/gpt-5-codex - - 1.375 11 1.375 1.375 0.138 flex=0.5 batch=0.5 priority=2
    us/o4-mini - - 1.21 4.84 1.21 1.21 0.303 flex=0.5 batch=0.5 priority=2
    """
