/// What stands behind `${…}` in a value: environment variables and files.
package struct ValueSources: Sendable {
    /// The environment variable of that name.
    package var environment: @Sendable (String) -> String?
    /// The content of the file at an absolute path, its last line end removed; the sentence says why it cannot be read, without the path.
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

    /// - Parameters:
    ///   - file: reads a file that the text names, as it names it.
    ///   - standIn: in place of what is not there; `nil`: that is a fault.
    static func fill(
        _ text: String, environment: (String) -> String?, file: (String) -> Result<String, ValueSources.FileFault>,
        standIn: String? = nil
    ) throws(Fault) -> String {
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
                result += try value(of: rest[rest.index(after: rest.startIndex)..<end], environment, file, standIn)
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
            }
        }
        return result + rest
    }

    private static func value(
        of reference: Substring, _ environment: (String) -> String?,
        _ file: (String) -> Result<String, ValueSources.FileFault>, _ standIn: String?
    ) throws(Fault) -> String {
        if reference.hasPrefix("file:") {
            let path = String(reference.dropFirst(5))
            switch file(path) {
            case .success(let content): return content
            case .failure(let fault):
                if let standIn { return standIn }
                throw Fault(sentence: "the file \(path) \(fault.sentence)")
            }
        }
        var name = String(reference), fallback: String?
        if let separator = reference.firstRange(of: ":-") {
            name = String(reference[..<separator.lowerBound])
            fallback = String(reference[separator.upperBound...])
        }
        guard isName(name) else {
            // Not quoted: what stands there may be a secret that begins with a dollar sign.
            throw Fault(
                sentence: "`${` must be followed by a variable's name or `file:PATH`; write `$$` for a dollar sign")
        }
        if let value = environment(name), !(value.isEmpty && fallback != nil) { return value }
        guard let fallback = fallback ?? standIn else {
            throw Fault(sentence: "the environment variable \(name) is not set; set it, or write ${\(name):-default}")
        }
        return fallback
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
}
