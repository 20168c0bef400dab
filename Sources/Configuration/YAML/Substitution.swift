/// What stands behind `${…}` in a value: environment variables and files.
package struct ValueSources: Sendable {
    /// The environment variable of that name.
    package var environment: @Sendable (String) -> String?
    /// The content of a file, its last line end removed; the sentence says why it cannot be read.
    package var file: @Sendable (String) -> Result<String, FileFault>

    package struct FileFault: Error {
        package let sentence: String
        package init(_ sentence: String) { self.sentence = sentence }
    }

    package init(
        environment: @escaping @Sendable (String) -> String?,
        file: @escaping @Sendable (String) -> Result<String, FileFault>
    ) {
        self.environment = environment
        self.file = file
    }
}

/// Fills in `${NAME}`, `${NAME:-default}` and `${file:path}`; `$$` is a dollar sign.
enum Substitution {
    struct Fault: Error {
        let sentence: String
    }

    static func fill(_ text: String, from sources: ValueSources) throws(Fault) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var result = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result += "$"
                rest = rest.dropFirst()
            } else if rest.first == "{" {
                guard let end = rest.firstIndex(of: "}") else {
                    throw Fault(sentence: "`${` is not closed by `}`; write `$$` for a dollar sign")
                }
                result += try value(of: rest[rest.index(after: rest.startIndex)..<end], from: sources)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    private static func value(of reference: Substring, from sources: ValueSources) throws(Fault) -> String {
        if reference.hasPrefix("file:") {
            switch sources.file(String(reference.dropFirst(5))) {
            case .success(let content): return content
            case .failure(let fault): throw Fault(sentence: fault.sentence)
            }
        }
        var name = String(reference), fallback: String?
        if let separator = reference.firstRange(of: ":-") {
            name = String(reference[..<separator.lowerBound])
            fallback = String(reference[separator.upperBound...])
        }
        if let value = sources.environment(name), !(value.isEmpty && fallback != nil) { return value }
        guard let fallback else {
            throw Fault(sentence: "the environment variable \(name) is not set; set it, or write ${\(name):-default}")
        }
        return fallback
    }
}
