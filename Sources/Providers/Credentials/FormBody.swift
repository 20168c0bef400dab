import Wire

/// Writes the body of `application/x-www-form-urlencoded`.
struct FormBody: ~Copyable {
    private var output = ByteWriter(capacity: 512)

    /// Adds a field; `value` is UTF-8.
    mutating func add(_ name: StaticString, _ value: some Sequence<UInt8>) {
        if !output.isEmpty { output.append("&") }
        output.append(name)
        output.append("=")
        PercentEncoding.append(value, to: &output)
    }

    /// What was written.
    var bytes: [UInt8] { output.array }
}
