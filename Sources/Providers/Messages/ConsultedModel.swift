import Wire

/// A model that a request names besides its own, for Anthropic to call on its behalf.
package struct ConsultedModel: Sendable, Equatable {
    package let name: String
    /// The `type` of the tool that consults it (advisor tool); `nil`: it is one of `fallbacks`.
    package let tool: String?

    /// All that a body names. The tools are read only for clients that ask for the tool: without its beta Anthropic refuses it.
    ///
    /// - Parameters:
    ///   - members: the first level of `body`.
    ///   - asksForAdvisor: by `anthropic-beta`.
    package static func all(
        in body: UnsafeRawBufferPointer, _ members: [JSONMember], asksForAdvisor: Bool
    ) throws(JSONError) -> [ConsultedModel] {
        var found: [ConsultedModel] = []
        for member in members {
            if member.keyEquals("fallbacks", in: body) {
                found += try fallbacks(JSONValue(parsing: body.slice(member.value)))
            } else if asksForAdvisor, member.kind == .array, member.keyEquals("tools", in: body) {
                try add(tools: body.slice(member.value), to: &found)
            }
        }
        return found
    }

    private static func fallbacks(_ value: JSONValue) -> [ConsultedModel] {
        guard case .array(let elements) = value else { return [] }
        return elements.compactMap { element in
            switch element {
            case .string(let name): ConsultedModel(name: name, tool: nil)
            case .object(let object): object["model"]?.string.map { ConsultedModel(name: $0, tool: nil) }
            default: nil
            }
        }
    }

    private static func add(
        tools: UnsafeRawBufferPointer, to found: inout [ConsultedModel]
    ) throws(JSONError) {
        var cursor = JSONCursor(tools), scanner = JSONObjectScanner()
        try cursor.enterArray()
        while try cursor.nextElement() {
            let tool = tools.slice(try cursor.skipValue())
            guard tool.first == UInt8(ascii: "{") else { continue }
            scanner.reset()
            try scanner.finish(tool)
            var type = "", model: String?
            for member in scanner.members {
                if member.keyEquals("type", in: tool) { type = try member.string(in: tool)?.decoded() ?? "" }
                if member.keyEquals("model", in: tool) { model = try member.string(in: tool)?.decoded() }
            }
            if type.hasPrefix("advisor_"), let model { found.append(ConsultedModel(name: model, tool: type)) }
        }
    }
}
