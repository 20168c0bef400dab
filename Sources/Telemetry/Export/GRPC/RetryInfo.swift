/// The time that a server asks to be left alone, as `google.rpc.Status` carries it among its details.
enum RetryInfo {
    /// Nanoseconds, 0 for a time below that and a day at most; nil when the status has no such detail.
    static func nanoseconds(_ status: [UInt8]) -> Int64? {
        var found: Int64?
        // Status.details
        status.withUnsafeBytes { status in
            forEachField(status) { field in
                guard field.number == 3, field.type == .length else { return }
                var isOurs = false, message = UnsafeRawBufferPointer(start: nil, count: 0)
                // Any: type_url, value
                forEachField(field.bytes) { field in
                    guard field.type == .length else { return }
                    if field.number == 1 {
                        isOurs = String(decoding: field.bytes, as: UTF8.self).hasSuffix("/google.rpc.RetryInfo")
                    }
                    if field.number == 2 { message = field.bytes }
                }
                if isOurs { found = delay(message) }
            }
        }
        return found
    }

    /// RetryInfo.retry_delay, a Duration of seconds and nanoseconds.
    private static func delay(_ info: UnsafeRawBufferPointer) -> Int64 {
        var seconds: Int64 = 0, nanoseconds: Int64 = 0
        forEachField(info) { field in
            guard field.number == 1, field.type == .length else { return }
            forEachField(field.bytes) { field in
                guard field.type == .varint else { return }
                if field.number == 1 { seconds = Int64(bitPattern: field.value) }
                if field.number == 2 { nanoseconds = Int64(bitPattern: field.value) }
            }
        }
        let day: Int64 = 86_400
        guard seconds >= 0, seconds < day else { return seconds < 0 ? 0 : day * 1_000_000_000 }
        return max(0, seconds * 1_000_000_000 + min(max(nanoseconds, 0), 999_999_999))
    }

    /// The fields of a message, until its end or what is none.
    private static func forEachField(_ message: UnsafeRawBufferPointer, _ body: (ProtobufFields.Field) -> Void) {
        var fields = ProtobufFields(message)
        while let field = try? fields.next() { body(field) }
    }
}
