import Ledger
import Wire

/// The Usage and Cost APIs of Anthropic and OpenAI: a page, several pages in an array, or pages one after the other on lines.
/// https://platform.claude.com/docs/en/api/admin-api/usage-cost, https://platform.openai.com/docs/api-reference/usage
enum InvoiceJSON {
    static func read(_ text: String) throws(Invoice.Fault) -> Invoice {
        let pages = try pages(text)
        var invoice: Invoice?
        for (index, page) in pages.enumerated() {
            guard let buckets = page["data"]?.array else {
                throw Invoice.Fault(description: "page \(index + 1): there is no `data`, so it is no page of a report")
            }
            for (number, bucket) in buckets.enumerated() {
                try read(bucket, at: "page \(index + 1), data[\(number)]", to: &invoice)
            }
        }
        if let last = pages.last, last["has_more"] == .bool(true) {
            throw Invoice.Fault(
                description:
                    "page \(pages.count): it says `has_more`: true, and no page follows; fetch the remaining pages "
                    + "(with `page=` and its `next_page`) and give all in one file, in order, as an array or one on a line"
            )
        }
        if let invoice { return invoice }
        throw Invoice.Fault(
            description: "the file has no lines of a usage or cost report of Anthropic or OpenAI (`data[].results[]`)")
    }

    private static func pages(_ text: String) throws(Invoice.Fault) -> [JSONValue] {
        do throws(JSONError) {
            let value = try JSONValue(parsing: text)
            return value.array ?? [value]
        } catch {
            var pages: [JSONValue] = []
            for line in text.split(whereSeparator: \.isNewline) where line.contains(where: { !$0.isWhitespace }) {
                guard let page = try? JSONValue(parsing: String(line)) else {
                    throw Invoice.Fault(description: "the file is no JSON: \(error)")
                }
                pages.append(page)
            }
            return pages
        }
    }

    private static func read(_ bucket: JSONValue, at place: String, to invoice: inout Invoice?) throws(Invoice.Fault) {
        guard let results = bucket["results"]?.array else {
            throw Invoice.Fault(description: "\(place): there are no `results`, so it is no bucket of a report")
        }
        for (index, value) in results.enumerated() {
            let place = "\(place).results[\(index)]"
            guard let form = form(value, bucket) else {
                throw Invoice.Fault(
                    description: "\(place): it is of no usage or cost report of Anthropic or OpenAI that is known")
            }
            var known = invoice ?? Invoice(form)
            guard known.form == form else {
                throw Invoice.Fault(description: "the file has reports of two kinds; give them one by one")
            }
            try Result(value: value, day: day(bucket, at: place), place: place).add(to: &known)
            invoice = known
        }
    }

    private static func form(_ result: JSONValue, _ bucket: JSONValue) -> Invoice.Form? {
        if result["uncached_input_tokens"] != nil { return .anthropicUsage }
        if result["amount"]?["value"] != nil { return .openAICosts }
        if result["amount"] != nil, bucket["starting_at"] != nil { return .anthropicCost }
        return result["input_tokens"] != nil ? .openAIUsage : nil
    }

    private static func day(_ bucket: JSONValue, at place: String) throws(Invoice.Fault) -> CivilDate {
        if let day = bucket["starting_at"]?.said.flatMap(Invoice.day) { return day }
        // To the end of the year 9999.
        if case .integer(let seconds) = bucket["start_time"], (0..<253_402_300_800).contains(seconds) {
            return CivilDate(daysSince1970: Int(seconds / 86_400))
        }
        throw Invoice.Fault(description: "\(place): its bucket has no date in `starting_at` or `start_time`")
    }

    /// A line of a report, as it came.
    private struct Result {
        let value: JSONValue
        let day: CivilDate
        let place: String

        func add(to invoice: inout Invoice) throws(Invoice.Fault) {
            switch invoice.form {
            case .anthropicUsage: try addAnthropicUsage(to: &invoice)
            case .anthropicCost: try addAnthropicCost(to: &invoice)
            case .openAIUsage: try addOpenAIUsage(to: &invoice)
            case .openAICosts: try addOpenAICosts(to: &invoice)
            default: break
            }
        }

        private func addAnthropicUsage(to invoice: inout Invoice) throws(Invoice.Fault) {
            let model = try model(askedBy: "group_by[]=model"), written = ["cache_creation"]
            let counts: [(TokenClass, [String])] = [
                (.input, ["uncached_input_tokens"]),
                (.cacheWrite5m, written + ["ephemeral_5m_input_tokens"]),
                (.cacheWrite1h, written + ["ephemeral_1h_input_tokens"]), (.cacheRead, ["cache_read_input_tokens"]),
                (.output, ["output_tokens"]), (.webSearch, ["server_tool_use", "web_search_requests"]),
            ]
            for (kind, path) in counts { try add(count(path), kind, of: model, to: &invoice) }
        }

        /// In cents, as a decimal text.
        private func addAnthropicCost(to invoice: inout Invoice) throws(Invoice.Fault) {
            try Invoice.expectDollars(value["currency"]?.said, at: "\(place).currency")
            let cents = try number(["amount"], InvoiceNumber.nanos)
            let names = ["token_type", "cost_type", "description"]
            let kind = names.lazy.compactMap { value[$0]?.said.flatMap(Invoice.kind) }.first
            try invoice.add(
                .init(
                    day: day, model: value["model"]?.said ?? "", kind: kind, tokens: nil,
                    cost: (cents + (cents < 0 ? -50 : 50)) / 100),
                at: place)
        }

        private func addOpenAIUsage(to invoice: inout Invoice) throws(Invoice.Fault) {
            let model = try model(askedBy: "group_by=model"), cached = try count(["input_cached_tokens"])
            try add(count(["input_tokens"]) - cached, .input, of: model, to: &invoice)
            try add(cached, .cacheRead, of: model, to: &invoice)
            try add(count(["output_tokens"]), .output, of: model, to: &invoice)
        }

        private func addOpenAICosts(to invoice: inout Invoice) throws(Invoice.Fault) {
            try Invoice.expectDollars(value["amount"]?["currency"]?.said, at: "\(place).amount.currency")
            let cost = try number(["amount", "value"], InvoiceNumber.nanos)
            // `gpt-5, input`
            let item = value["line_item"]?.said ?? ""
            let name = item.split(separator: ",").first.map(String.init) ?? ""
            try invoice.add(
                .init(day: day, model: name, kind: Invoice.kind(item), tokens: nil, cost: cost), at: place)
        }

        private func add(
            _ tokens: Int64, _ kind: TokenClass, of model: String, to invoice: inout Invoice
        ) throws(Invoice.Fault) {
            guard tokens != 0 else { return }
            try invoice.add(.init(day: day, model: model, kind: kind, tokens: tokens, cost: nil), at: place)
        }

        private func model(askedBy parameter: String) throws(Invoice.Fault) -> String {
            if let model = value["model"]?.said, !model.isEmpty { return model }
            throw Invoice.Fault(
                description: "\(place): the report is not grouped by model; ask for it with `\(parameter)`")
        }

        /// A count; what is absent or null is none.
        private func count(_ path: [String]) throws(Invoice.Fault) -> Int64 {
            guard let found = member(path), found != .null else { return 0 }
            return try number(path, InvoiceNumber.count)
        }

        private func number(
            _ path: [String], _ read: (String) throws(InvoiceNumber.Reason) -> Int64
        ) throws(Invoice.Fault) -> Int64 {
            let text = member(path)?.said ?? member(path)?.text ?? ""
            do throws(InvoiceNumber.Reason) {
                return try read(text)
            } catch {
                throw Invoice.Fault(at: "\(place).\(path.joined(separator: "."))", text, error.sentence)
            }
        }

        private func member(_ path: [String]) -> JSONValue? {
            path.reduce(Optional(value)) { value, name in value?[name] }
        }
    }
}

extension JSONValue {
    fileprivate var said: String? {
        switch self {
        case .string(let text), .literal(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        default: nil
        }
    }
}
