/// `Accept` or `Accept-Encoding` (RFC 9110 §12.5): what a client takes, and how gladly.
package struct AcceptList: Sendable {
    private let items: [(name: String, parameters: [String], quality: Double)]

    package init(_ text: String) {
        items = text.lowercased().split(separator: ",").compactMap { item in
            let parts = item.split(separator: ";").map { part in part.filter { $0 != " " && $0 != "\t" } }
            guard let name = parts.first, !name.isEmpty else { return nil }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            let quality = weight.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            return (name, parts.dropFirst().filter { !$0.hasPrefix("q=") }, quality)
        }
    }

    /// From 0, not at all, to 1. `parameter`: one that the item must have if it has that parameter at all: `version=1.0.0`.
    package func quality(of name: String, parameter: String = "") -> Double {
        let key = parameter.prefix { $0 != "=" } + "="
        let fitting = items.filter { item in
            item.name == name
                && (parameter.isEmpty || item.parameters.contains(parameter)
                    || !item.parameters.contains { $0.hasPrefix(key) })
        }
        return fitting.map(\.quality).max() ?? 0
    }
}

extension ExpositionFormat {
    /// The format for a request's `Accept`: what it would rather have, and the older one where it does not say.
    package init(accepting text: String) {
        let list = AcceptList(text)
        let open = max(
            list.quality(of: "application/openmetrics-text", parameter: "version=1.0.0"),
            list.quality(of: "application/openmetrics-text", parameter: "version=0.0.1"))
        self = open > 0 && open >= list.quality(of: "text/plain", parameter: "version=0.0.4") ? .openMetrics : .text
    }
}
