/// Prices of Amazon Bedrock as of 2026-11-20: https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/
/// AmazonBedrockFoundationModels/current/index.json and https://aws.amazon.com/bedrock/pricing/ (LiteLLM 1.106.2).
///
/// A row is the price of the global profile. Since the 4.5 models, those of a geography cost a tenth more and GovCloud a fifth;
/// before, and with Mythos preview, there is one price. Writing for an hour costs twice the input where it is not published.
/// The form is `PriceParser`'s.
let bedrockPrices = """
    table bedrock-2026-11-20
    claude-fable-5 - - 10 50 12.5 20 1 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-fable-5-1 - - 10 50 12.5 20 0.25 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-haiku-4-5 - - 1 5 1.25 2 0.1 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-haiku-5-5 - - 0.1 0.5 0.125 0.2 0.01 above=100000:0.5/2.5/0.625/1/0.05 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-mythos-5 - - 10 50 12.5 20 1 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-mythos-5-1 - - 10 50 12.5 20 0.25 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-mythos-preview - - 27.5 137.5 34.375 55 2.75 batch=0.5 search=0.01
    claude-opus-4 - - 15 75 18.75 30 1.5 batch=0.5 search=0.01
    claude-opus-4-1 - - 15 75 18.75 30 1.5 batch=0.5 search=0.01
    claude-opus-4-5 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-opus-4-6 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-opus-4-7 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-opus-4-8 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-opus-5 - - 5 25 6.25 10 0.5 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-opus-5-5 - - 4 20 5 8 0.2 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-sonnet-4 - - 3 15 3.75 6 0.3 above=200000:6/22.5/7.5/12/0.6 batch=0.5 search=0.01
    claude-sonnet-4-5 - - 3 15 3.75 6 0.3 above=200000:6/22.5/7.5/12/0.6 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-sonnet-4-6 - - 3 15 3.75 6 0.3 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-sonnet-5 - - 2 10 2.5 4 0.2 batch=0.5 region=1.1 gov=1.2 search=0.01
    claude-sonnet-5-5 - - 2 10 2.5 4 0.1 batch=0.5 region=1.1 gov=1.2 search=0.01
    gpt-oss-120b-1 - - 0.15 0.6 0.15 0.15 0.15 flex=0.5 batch=0.5 priority=1.75 gov=1.2
    gpt-oss-20b-1 - - 0.07 0.3 0.07 0.07 0.07 flex=0.5 batch=0.5 priority=1.75 gov=1.2
    """
