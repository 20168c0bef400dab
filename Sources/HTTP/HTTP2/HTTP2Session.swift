import CNGHTTP2

/// The client's side of one HTTP/2 connection (RFC 9113), for whole requests and whole answers: bytes in, bytes and answers
/// out. No I/O and no clock; confined to whoever owns it.
///
/// Acknowledgements of SETTINGS and PING, header compression and both directions' windows are the library's; it asks for a
/// request's body as the server's windows allow.
package final class HTTP2Session {
    /// One request and what has come of its answer.
    struct Exchange {
        let body: [UInt8]
        var sent = 0
        var answer = HTTP2Answer()
        var block: [(name: String, value: String)] = []
        var headerBytes = 0
        var isComplete = false
        var fault: HTTP2Fault?
    }

    private var handle: OpaquePointer?
    var exchanges: [Int32: Exchange] = [:]
    private let maximumAnswer: Int
    private var isGreeted = false
    /// The library's last sentence about what the server does.
    private var complaint = "the connection was ended"
    private static let maximumHeaderBytes = 64 * 1024

    /// `maximumAnswer`: bytes of an answer's body that are read at most.
    package init(maximumAnswer: Int) throws(HTTP2Fault) {
        self.maximumAnswer = maximumAnswer
        var callbacks: OpaquePointer?
        guard nghttp2_session_callbacks_new(&callbacks) == 0, let callbacks else { throw .broken("no memory") }
        defer { nghttp2_session_callbacks_del(callbacks) }
        HTTP2Callbacks.install(callbacks)
        let result = nghttp2_session_client_new(&handle, callbacks, Unmanaged.passUnretained(self).toOpaque())
        guard result == 0 else { throw Self.fault(result) }
        var settings = [
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(Self.maximumHeaderBytes)),
        ]
        _ = nghttp2_submit_settings(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), &settings, settings.count)
    }

    deinit { nghttp2_session_del(handle) }

    // MARK: Requests

    /// Whether another request may begin on this connection: it is neither ended nor about to be.
    package var takesRequests: Bool { nghttp2_session_check_request_allowed(handle) != 0 }

    /// Begins a request and returns its stream. Names of fields in lower case, those with a colon first. Values of `secrets`
    /// are kept out of the compression's memory (RFC 7541 §7.1.3).
    package func begin(
        _ fields: [(name: String, value: String)], secrets: [(name: String, value: String)] = [], body: [UInt8]
    ) throws(HTTP2Fault) -> Int32 {
        var provider = nghttp2_data_provider()
        provider.read_callback = HTTP2Callbacks.readBody
        let stream = Self.withPairs(fields, secrets) { pairs in
            nghttp2_submit_request(handle, nil, pairs.baseAddress, pairs.count, &provider, nil)
        }
        guard stream > 0 else { throw Self.fault(stream) }
        exchanges[stream] = Exchange(body: body)
        return stream
    }

    private static func withPairs(
        _ fields: [(name: String, value: String)], _ secrets: [(name: String, value: String)],
        _ submit: (UnsafeBufferPointer<nghttp2_nv>) -> Int32
    ) -> Int32 {
        let all = fields + secrets
        var text = all.flatMap { Array($0.name.utf8) + Array($0.value.utf8) }
        return text.withUnsafeMutableBufferPointer { text in
            guard var position = text.baseAddress else { return 0 }
            let pairs = all.indices.map { index in
                let name = all[index].name.utf8.count, value = all[index].value.utf8.count
                let flag = index < fields.count ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX
                defer { position += name + value }
                return nghttp2_nv(
                    name: position, value: position + name, namelen: name, valuelen: value, flags: UInt8(flag.rawValue))
            }
            return pairs.withUnsafeBufferPointer(submit)
        }
    }

    /// The answer of a stream if it is there, which then is forgotten; nil if it is still to come.
    package func takeAnswer(_ stream: Int32) throws(HTTP2Fault) -> HTTP2Answer? {
        guard let exchange = exchanges[stream] else { throw .broken("the stream is not open") }
        if exchange.isComplete {
            // The rest of the body is of no use to anyone.
            if exchange.sent < exchange.body.count { reset(stream, NGHTTP2_NO_ERROR) }
            exchanges[stream] = nil
            return exchange.answer
        }
        guard let fault = exchange.fault else { return nil }
        exchanges[stream] = nil
        throw fault
    }

    /// Nobody waits for this stream's answer any more.
    package func cancel(_ stream: Int32) {
        exchanges[stream] = nil
        reset(stream, NGHTTP2_CANCEL)
    }

    /// Tells the server that the connection ends.
    package func terminate() { _ = nghttp2_session_terminate_session(handle, NGHTTP2_NO_ERROR.rawValue) }

    private func reset(_ stream: Int32, _ code: nghttp2_error_code) {
        _ = nghttp2_submit_rst_stream(handle, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream, code.rawValue)
    }

    // MARK: Bytes

    /// Feeds what came from the server. Throws when the connection is of no use any more.
    package func receive(_ bytes: UnsafeRawBufferPointer) throws(HTTP2Fault) {
        let taken = nghttp2_session_mem_recv(
            handle, bytes.assumingMemoryBound(to: UInt8.self).baseAddress, bytes.count)
        guard taken >= 0 else { throw isGreeted ? Self.fault(Int32(clamping: taken)) : .notSpoken }
    }

    /// The next bytes to send, valid until the next call; nil when there are none for now. Throws when the connection is of
    /// no use any more and an answer is still to come; the farewell has then gone out.
    package func nextOutput() throws(HTTP2Fault) -> UnsafeRawBufferPointer? {
        var bytes: UnsafePointer<UInt8>?
        let count = nghttp2_session_mem_send(handle, &bytes)
        guard count >= 0 else { throw Self.fault(Int32(clamping: count)) }
        if count > 0 { return UnsafeRawBufferPointer(start: bytes, count: count) }
        let isWaiting = exchanges.values.contains { !$0.isComplete && $0.fault == nil }
        guard nghttp2_session_want_read(handle) == 0, isWaiting else { return nil }
        // The first thing that a server says is its settings (RFC 9113 §3.4).
        throw isGreeted ? .broken(complaint) : .notSpoken
    }

    static func fault(_ code: Int32) -> HTTP2Fault { .broken(String(cString: nghttp2_strerror(code))) }

    // MARK: What the library tells

    func greeted() { isGreeted = true }

    func complained(_ sentence: String) { complaint = sentence }

    /// False: the stream is to be ended.
    func field(_ stream: Int32, _ name: String, _ value: String) -> Bool {
        guard exchanges[stream] != nil else { return true }
        exchanges[stream]?.block.append((name, value))
        exchanges[stream]?.headerBytes += name.utf8.count + value.utf8.count
        if let bytes = exchanges[stream]?.headerBytes, bytes <= Self.maximumHeaderBytes { return true }
        exchanges[stream]?.fault = .tooLarge
        return false
    }

    func headersEnded(_ stream: Int32) {
        guard var exchange = exchanges.removeValue(forKey: stream) else { return }
        let block = exchange.block
        exchange.block = []
        if let status = block.first(where: { $0.name == ":status" }) {
            let number = Int(status.value) ?? 0
            if number >= 200 {
                exchange.answer.status = number
                exchange.answer.fields = block.filter { !$0.name.hasPrefix(":") }
            }
        } else {
            exchange.answer.trailers = block
        }
        exchanges[stream] = exchange
    }

    func data(_ stream: Int32, _ bytes: UnsafeBufferPointer<UInt8>) {
        guard let held = exchanges[stream]?.answer.body.count else { return }
        guard held + bytes.count <= maximumAnswer else {
            if exchanges[stream]?.fault == nil { reset(stream, NGHTTP2_CANCEL) }
            exchanges[stream]?.fault = .tooLarge
            return
        }
        exchanges[stream]?.answer.body.append(contentsOf: bytes)
    }

    func ended(_ stream: Int32) {
        if exchanges[stream]?.fault == nil { exchanges[stream]?.isComplete = true }
    }

    func closed(_ stream: Int32, _ code: UInt32) {
        guard let exchange = exchanges[stream], !exchange.isComplete, exchange.fault == nil else { return }
        exchanges[stream]?.fault = code == NGHTTP2_REFUSED_STREAM.rawValue ? .refused : .reset(code: code)
    }

    /// The next part of a request's body; also whether it is the last.
    func read(_ stream: Int32, into room: UnsafeMutableBufferPointer<UInt8>) -> (count: Int, isLast: Bool) {
        guard let exchange = exchanges[stream] else { return (0, true) }
        let count = min(room.count, exchange.body.count - exchange.sent)
        exchange.body.withUnsafeBytes { body in
            UnsafeMutableRawBufferPointer(room).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: body[exchange.sent..<exchange.sent + count]))
        }
        exchanges[stream]?.sent += count
        return (count, exchange.sent + count == exchange.body.count)
    }
}
