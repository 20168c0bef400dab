import Wire

extension GenerateContentRequest {
    mutating func writeConfiguration(_ json: inout JSONWriter) {
        json.key("generationConfig")
        json.beginObject()
        if let tokens = parts.maximumTokens(modelLimit: model.maximumOutput) { json.member("maxOutputTokens", tokens) }
        writeStopSequences(&json)
        let request = parts.request
        if let value = request.temperature { writeSampling("temperature", .temperature, value, &json) }
        if let value = request.topP { writeSampling("topP", .topP, value, &json) }
        if let value = request.topK { writeSampling("topK", .topK, value, &json) }
        if let schema = request.outputSchema { writeFormat(schema, &json) }
        writeThinking(&json)
        json.endObject()
    }

    /// Sequences that the API takes.
    private static let stopSequenceLimit = 5

    private mutating func writeStopSequences(_ json: inout JSONWriter) {
        let sequences = parts.request.stopSequences
        guard !sequences.isEmpty else { return }
        if sequences.count > Self.stopSequenceLimit { return parts.watchStopSequences() }
        parts.receipt.record(.stopSequences)
        json.key("stopSequences")
        json.beginArray()
        for sequence in sequences { json.value(sequence) }
        json.endArray()
    }

    /// T-14: newer models refuse it.
    private mutating func writeSampling(
        _ name: StaticString, _ feature: RequestFeature, _ value: UnsafeRawBufferPointer, _ json: inout JSONWriter
    ) {
        if !model.takesSampling { return parts.receipt.record(feature, .dropped) }
        parts.receipt.record(feature)
        json.key(name)
        json.value(raw: value)
    }

    /// Where it is not taken it stands in the system instruction.
    private mutating func writeFormat(_ schema: UnsafeRawBufferPointer, _ json: inout JSONWriter) {
        parts.receipt.record(.outputFormat, takesFormat ? .translated : .approximated)
        guard takesFormat else { return }
        var narrowed = GeminiSchema()
        json.member("responseMimeType", literal: "application/json")
        json.key("responseJsonSchema")
        narrowed.write(schema, &json)
        if narrowed.isNarrowed { parts.receipt.record(.outputFormat, .approximated) }
    }

    // MARK: Thinking

    /// T-15: a budget or a level, never both.
    private mutating func writeThinking(_ json: inout JSONWriter) {
        let request = parts.request
        let level = request.reasoning.flatMap { model.level($0) }
        let budget = model.budget(request)
        let isOff = if case .disabled? = request.thinking { true } else { false }
        let shows = !request.omitsThinking && !isOff && thinks(budget)
        if isOff { parts.context.omitsThinking = true }
        let fate: Fidelity = if case .none = model.thinking { .dropped } else { .translated }
        if request.thinking != nil { parts.receipt.record(.thinking, fate) }
        if request.effort != nil { parts.receipt.record(.effort, fate) }
        guard shows || level != nil || budget != nil else { return }
        json.key("thinkingConfig")
        json.beginObject()
        if shows {
            json.key("includeThoughts")
            json.value(true)
        }
        if let level { json.member("thinkingLevel", literal: level) }
        if let budget { json.member("thinkingBudget", budget) }
        json.endObject()
    }

    private func thinks(_ budget: Int64?) -> Bool {
        if case .none = model.thinking { return false }
        return budget != nil || model.thinksUnasked
    }
}
