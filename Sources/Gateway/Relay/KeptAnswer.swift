import HTTP
import Wire

/// An upstream's error that the client is told, byte for byte, if no other target can serve the request.
struct KeptAnswer {
    let status: Int
    let fields: [(name: [UInt8], value: [UInt8])]
    let body: [UInt8]

    /// The status that an `error` event would have had as an answer.
    static func status(of type: String) -> Int {
        switch type {
        case "invalid_request_error": 400
        case "authentication_error": 401
        case "billing_error": 402
        case "permission_error": 403
        case "not_found_error": 404
        case "request_too_large": 413
        case "rate_limit_error": 429
        case "timeout_error": 504
        case "overloaded_error": 529
        default: 500
        }
    }

    /// The data of the first event called `error` in a stream: the same JSON as the body of an error.
    static func data(inStream bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var isError = false
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let line = UnsafeRawBufferPointer(rebasing: line)
            if line.startsIgnoringCase("event:") {
                isError = line.firstIndex(of: "error") != nil
            } else if isError, line.startsIgnoringCase("data:") {
                return Array(line.dropFirst(5).drop { $0 == 0x20 })
            }
        }
        return []
    }
}
