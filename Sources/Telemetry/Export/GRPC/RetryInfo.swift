/// The time that a server asks to be left alone, as `google.rpc.Status` carries it among its details.
enum RetryInfo {
    /// Nanoseconds, 0 for a time below that and a day at most; nil when the status has no such detail.
    static func nanoseconds(_ status: [UInt8]) -> Int64? {
        var found: Int64?
        // Status.details
        fields(status[...]) { number, value in
            guard number == 3, case .bytes(let detail) = value else { return }
            var isOurs = false, message: ArraySlice<UInt8>?
            // Any: type_url, value
            fields(detail) { number, value in
                guard case .bytes(let bytes) = value else { return }
                if number == 1 { isOurs = String(decoding: bytes, as: UTF8.self).hasSuffix("/google.rpc.RetryInfo") }
                if number == 2 { message = bytes }
            }
            if isOurs { found = delay(message ?? []) }
        }
        return found
    }

    /// RetryInfo.retry_delay, a Duration of seconds and nanoseconds.
    private static func delay(_ info: ArraySlice<UInt8>) -> Int64 {
        var seconds: Int64 = 0, nanoseconds: Int64 = 0
        fields(info) { number, value in
            guard number == 1, case .bytes(let duration) = value else { return }
            fields(duration) { number, value in
                guard case .number(let value) = value else { return }
                if number == 1 { seconds = Int64(bitPattern: value) }
                if number == 2 { nanoseconds = Int64(bitPattern: value) }
            }
        }
        let day: Int64 = 86_400
        guard seconds >= 0, seconds < day else { return seconds < 0 ? 0 : day * 1_000_000_000 }
        return max(0, seconds * 1_000_000_000 + min(max(nanoseconds, 0), 999_999_999))
    }

    private enum Value {
        case number(UInt64)
        case bytes(ArraySlice<UInt8>)
    }

    /// The fields of a protobuf message, until its end or what is none.
    private static func fields(_ message: ArraySlice<UInt8>, _ body: (UInt64, Value) -> Void) {
        var rest = message
        while let key = varint(&rest) {
            switch key & 7 {
            case 0:
                guard let value = varint(&rest) else { return }
                body(key >> 3, .number(value))
            case 2:
                guard let length = varint(&rest), length <= UInt64(rest.count) else { return }
                body(key >> 3, .bytes(rest.prefix(Int(length))))
                rest = rest.dropFirst(Int(length))
            case 1, 5:
                let length = key & 7 == 1 ? 8 : 4
                guard rest.count >= length else { return }
                rest = rest.dropFirst(length)
            default: return
            }
        }
    }

    private static func varint(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0, to: 70, by: 7) {
            guard let byte = bytes.popFirst() else { return nil }
            if shift < 64 { value |= UInt64(byte & 0x7F) << UInt64(shift) }
            if byte < 0x80 { return value }
        }
        return nil
    }
}
