extension PriceTable {
    /// The built-in prices alone.
    package static let builtIn = PriceTable(builtInRows)

    static let builtInRows: [Price] =
        rows(anthropicPrices, .anthropic) + rows(openAIPrices, .openai)
        + rows(azurePrices, .azure) + rows(foundryPrices, .azure)
        + rows(geminiPrices, .gemini) + rows(vertexPrices, .vertex)
        + rows(bedrockPrices, .bedrock)
        // What the regional door does not price apart costs what the region costs elsewhere.
        + rows(mantlePrices, .mantle) + rows(bedrockPrices, .mantle)
        + rows(xaiPrices, .xai)

    private static func rows(_ text: String, _ platform: PricePlatform) -> [Price] {
        do throws(PriceParser.Fault) {
            return try PriceParser.parse(text, table: "builtin", platform: platform)
        } catch {
            // The text is part of this program and tested with it.
            fatalError("built-in prices of \(platform.rawValue), line \(error.line): \(error.sentence)")
        }
    }
}
