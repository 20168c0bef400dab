import Wire

/// `GET /v1/models` and `/v1/models/{id}`: the configured names in the shape of Anthropic's API, which Claude Code's discovery and
/// the SDKs read. https://platform.claude.com/docs/en/api/models-list
package struct ModelList {
    private let models: [(id: String, displayName: String)]

    package init(_ models: [(id: String, displayName: String)]) { self.models = models }

    /// One page: `limit` 1...1000 (default 20), behind `after_id`, or the last ones before `before_id`. Other parameters are
    /// ignored. `has_more` tells of the direction in which the page was asked for, as the SDKs go on in it.
    package func page(query: String) -> Result<[UInt8], Refusal> {
        var limit = 20, first = models.startIndex, end = models.endIndex, isBackwards = false
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let value = parts.count == 2 ? PercentEncoding.decode(parts[1]) : ""
            switch parts[0] {
            case "limit":
                guard let number = Int(value), (1...1_000).contains(number) else {
                    return .failure(.invalidMember("limit", "`\(value)` is not a number from 1 to 1000"))
                }
                limit = number
            case "after_id":
                guard let index = index(of: value) else { return .failure(Self.unknown("after_id", value)) }
                first = index + 1
            case "before_id":
                guard let index = index(of: value) else { return .failure(Self.unknown("before_id", value)) }
                end = index
                isBackwards = true
            default:
                continue
            }
        }
        let all = models[min(first, end)..<end]
        let page = isBackwards ? all.suffix(limit) : all.prefix(limit)
        return .success(write(Array(page), hasMore: page.count < all.count))
    }

    private func index(of id: String) -> Int? { models.firstIndex { $0.id == id } }

    private static func unknown(_ name: StaticString, _ value: String) -> Refusal {
        .invalidMember(name, "`\(value)` is no model of this list")
    }

    /// The model of that id, percent-encoded or not.
    package func model(_ id: String) -> [UInt8]? {
        guard let model = models.first(where: { $0.id == id || $0.id == PercentEncoding.decode(id) }) else {
            return nil
        }
        var writer = JSONWriter()
        Self.write(model, &writer)
        return writer.array
    }

    private func write(_ page: [(id: String, displayName: String)], hasMore: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("data")
        writer.beginArray()
        for model in page { Self.write(model, &writer) }
        writer.endArray()
        for (name, id) in [("first_id", page.first?.id), ("last_id", page.last?.id)] {
            writer.key(string: name)
            if let id { writer.value(string: id) } else { writer.null() }
        }
        writer.key("has_more")
        writer.value(hasMore)
        writer.endObject()
        return writer.array
    }

    private static func write(_ model: (id: String, displayName: String), _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("type")
        writer.value("model")
        writer.member("id", model.id)
        writer.member("display_name", model.displayName)
        // The API's field; when a model was released is not known here.
        writer.member("created_at", "1970-01-01T00:00:00Z")
        writer.endObject()
    }
}
