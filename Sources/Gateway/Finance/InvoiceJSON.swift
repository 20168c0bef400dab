import Ledger
import Wire

/// The Usage and Cost APIs of Anthropic and OpenAI: a page, several pages in an array, or pages one after the other on lines.
/// https://platform.claude.com/docs/en/api/admin-api/usage-cost, https://platform.openai.com/docs/api-reference/usage
enum InvoiceJSON {
    static func read(_ text: String) throws -> Invoice {
        var pages: [JSONValue] = []
        do {
            let value = try JSONValue(parsing: text)
            if case .array(let all) = value { pages = all } else { pages = [value] }
        } catch {
            for line in text.split(whereSeparator: \.isNewline) where line.contains(where: { !$0.isWhitespace }) {
                guard let page = try? JSONValue(parsing: String(line)) else {
                    throw Invoice.Fault(description: "the file is no JSON: \(error)")
                }
                pages.append(page)
            }
        }
        var invoice: Invoice?
        for page in pages {
            for bucket in page["data"]?.elements ?? [] {
                for result in bucket["results"]?.elements ?? [] {
                    guard let form = form(result, bucket) else { continue }
                    if invoice == nil { invoice = Invoice(form) }
                    guard invoice?.form == form else {
                        throw Invoice.Fault(description: "the file has reports of two kinds; give them one by one")
                    }
                    try add(result, day(bucket), form, to: &invoice)
                }
            }
        }
        guard let invoice else {
            throw Invoice.Fault(
                description:
                    "the file has no lines of a usage or cost report of Anthropic or OpenAI (`data[].results[]`)")
        }
        return invoice
    }

    private static func form(_ result: JSONValue, _ bucket: JSONValue) -> Invoice.Form? {
        if result["uncached_input_tokens"] != nil { return .anthropicUsage }
        if result["amount"]?["value"] != nil { return .openAICosts }
        if result["amount"] != nil, bucket["starting_at"] != nil { return .anthropicCost }
        return result["input_tokens"] != nil ? .openAIUsage : nil
    }

    private static func day(_ bucket: JSONValue) throws -> CivilDate {
        if let day = bucket["starting_at"]?.said.flatMap(Invoice.day) { return day }
        if let seconds = bucket["start_time"]?.number { return CivilDate(daysSince1970: Int(seconds / 86_400)) }
        throw Invoice.Fault(description: "a bucket has no `starting_at` or `start_time`")
    }

    private static func add(_ result: JSONValue, _ day: CivilDate, _ form: Invoice.Form, to invoice: inout Invoice?)
        throws
    {
        let model = result["model"]?.said ?? ""
        func tokens(_ kind: TokenClass, _ count: Int64?) {
            guard let count, count != 0 else { return }
            invoice?.lines.append(.init(day: day, model: model, kind: kind, tokens: count, cost: nil))
        }
        switch form {
        case .anthropicUsage:
            if model.isEmpty {
                throw Invoice.Fault(
                    description: "the report is not grouped by model; ask for it with `group_by[]=model`")
            }
            tokens(.input, result["uncached_input_tokens"]?.number)
            tokens(.cacheWrite5m, result["cache_creation"]?["ephemeral_5m_input_tokens"]?.number)
            tokens(.cacheWrite1h, result["cache_creation"]?["ephemeral_1h_input_tokens"]?.number)
            tokens(.cacheRead, result["cache_read_input_tokens"]?.number)
            tokens(.output, result["output_tokens"]?.number)
            tokens(.webSearch, result["server_tool_use"]?["web_search_requests"]?.number)
        case .anthropicCost:
            // In cents, as a decimal text.
            guard let cents = result["amount"]?.said.flatMap(Invoice.nanos) else {
                throw Invoice.Fault(description: "`amount` is no decimal number")
            }
            let kind =
                result["token_type"]?.said.flatMap(Invoice.kind)
                ?? result["cost_type"]?.said.flatMap(Invoice.kind) ?? result["description"]?.said.flatMap(Invoice.kind)
            invoice?.lines.append(
                .init(day: day, model: model, kind: kind, tokens: nil, cost: (cents + (cents < 0 ? -50 : 50)) / 100))
        case .openAIUsage:
            if model.isEmpty {
                throw Invoice.Fault(description: "the report is not grouped by model; ask for it with `group_by=model`")
            }
            let cached = result["input_cached_tokens"]?.number ?? 0
            tokens(.input, result["input_tokens"]?.number.map { $0 - cached })
            tokens(.cacheRead, cached)
            tokens(.output, result["output_tokens"]?.number)
        case .openAICosts:
            guard let value = result["amount"]?["value"]?.said.flatMap(Invoice.nanos) else {
                throw Invoice.Fault(description: "`amount.value` is no number")
            }
            // `gpt-5, input`
            let item = result["line_item"]?.said ?? ""
            let name = item.split(separator: ",").first.map(String.init) ?? ""
            invoice?.lines.append(.init(day: day, model: name, kind: Invoice.kind(item), tokens: nil, cost: value))
        default: break
        }
    }
}

extension JSONValue {
    fileprivate var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }

    fileprivate var said: String? {
        switch self {
        case .string(let text), .literal(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): "\(number)"
        default: nil
        }
    }

    /// A count or a time: none is larger, and sums of them stay in their range.
    fileprivate var number: Int64? {
        let number: Int64? =
            switch self {
            case .integer(let number): number
            case .number(let number): Int64(exactly: number.rounded())
            default: nil
            }
        return number.flatMap { $0.magnitude < 1 << 50 ? $0 : nil }
    }
}
