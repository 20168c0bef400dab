/// Prices of the regional door of Amazon Bedrock (bedrock-mantle) as of 2026-11-20, the surcharge of the region included:
/// https://aws.amazon.com/bedrock/pricing/ (LiteLLM 1.106.2). GovCloud regions have rows of their own, Claude is priced as
/// `bedrockPrices` says, but for the one model here. Writes that are not published are as with OpenAI. The form is
/// `PriceParser`'s.
let mantlePrices = """
    table mantle-2026-11-20
    claude-haiku-4-5 - - 1 5 1.25 2 0.1 batch=0.5 search=0.01
    gpt-5.4 - - 2.75 16.5 2.75 2.75 0.275 above=272000:5.5/24.75/5.5/5.5/0.55 search=0.012
    gpt-5.5 - - 5.5 33 5.5 5.5 0.55 above=272000:11/49.5/11/11/1.1 search=0.012
    gpt-5.6-cyber - - 13.75 82.5 17.1875 34.375 1.375
    gpt-5.6-luna - - 0.22 1.32 0.275 0.55 0.022 above=272000:0.44/1.98/0.55/1.1/0.044 search=0.012
    gpt-5.6-sol - - 4.4 22 5.5 11 0.44 above=272000:8.8/33/11/22/0.88 search=0.012
    gpt-5.6-terra - - 2.2 13.2 2.75 5.5 0.22 above=272000:4.4/19.8/5.5/11/0.44 search=0.012
    gpt-6-astra - - 11 55 13.75 27.5 1.1 above=272000:22/82.5/27.5/55/2.2 ultrafast=6
    gpt-6-luna - - 0.11 0.55 0.1375 0.275 0.011 above=272000:0.22/0.825/0.275/0.55/0.022
    gpt-6-sol - - 2.2 11 2.75 5.5 0.22 above=272000:4.4/16.5/5.5/11/0.44
    gpt-6.1-sol - - 2.2 11 2.75 5.5 0.11 above=272000:4.4/16.5/5.5/11/0.22 ultrafast=6
    gpt-daybreak-blue-5.6-sol - - 4.4 22 5.5 11 0.44 above=272000:8.8/33/11/22/0.88
    gpt-oss-120b - - 0.15 0.6 0.15 0.15 0.15 flex=0.5 batch=0.5 priority=1.75
    gpt-oss-20b - - 0.07 0.3 0.07 0.07 0.07 flex=0.5 batch=0.5 priority=1.75
    gpt-oss-safeguard-120b - - 0.15 0.6 0.15 0.15 0.15 flex=0.07/0.3/0.07/0.07/0.07 batch=0.07/0.3/0.07/0.07/0.07 priority=0.26/1.05/0.26/0.26/0.26
    gpt-oss-safeguard-20b - - 0.07 0.2 0.07 0.07 0.07 flex=0.03/0.1/0.03/0.03/0.03 batch=0.03/0.1/0.03/0.03/0.03 priority=0.12/0.35/0.12/0.12/0.12
    grok-4.3 - - 1.25 2.5 1.25 1.25 0.2 flex=0.5 batch=0.5 priority=1.75
    grok-4.6 - - 2.2 6.6 2.2 2.2 0.55 flex=0.5 priority=1.75
    us-gov-east-1/gpt-5.4 - - 3.3 19.8 3.3 3.3 0.33
    us-gov-east-1/gpt-oss-120b - - 0.18 0.72 0.18 0.18 0.18
    us-gov-east-1/gpt-oss-20b - - 0.084 0.36 0.084 0.084 0.084
    us-gov-east-1/grok-4.6 - - 2.64 7.92 2.64 2.64 0.66
    us-gov-west-1/gpt-5.4 - - 3.375 20.25 3.375 3.375 0.3375
    us-gov-west-1/gpt-5.6-luna - - 0.27 1.62 0.3375 0.675 0.027 above=272000:0.54/2.43/0.675/1.35/0.054
    us-gov-west-1/gpt-5.6-terra - - 2.7 16.2 3.375 6.75 0.27 above=272000:5.4/24.3/6.75/13.5/0.54
    us-gov-west-1/gpt-oss-120b - - 0.18 0.72 0.18 0.18 0.18
    us-gov-west-1/gpt-oss-20b - - 0.084 0.36 0.084 0.084 0.084
    us-gov-west-1/grok-4.3 - - 1.5 3 1.5 1.5 0.24
    us-gov-west-1/grok-4.6 - - 2.64 7.92 2.64 2.64 0.66
    """
