import CNGHTTP2

/// What libnghttp2 calls while bytes go in or out, handed on to the session it belongs to.
enum HTTP2Callbacks {
    static func install(_ callbacks: OpaquePointer) {
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            _, frame, name, nameLength, value, valueLength, _, context in
            guard let frame, let session = HTTP2Callbacks.session(context) else { return 0 }
            let name = String(decoding: UnsafeBufferPointer(start: name, count: nameLength), as: UTF8.self)
            let value = String(decoding: UnsafeBufferPointer(start: value, count: valueLength), as: UTF8.self)
            let isFit = session.field(frame.pointee.hd.stream_id, name, value)
            return isFit ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { _, frame, context in
            guard let header = frame?.pointee.hd, let session = HTTP2Callbacks.session(context) else { return 0 }
            let type = UInt32(header.type)
            if type == NGHTTP2_SETTINGS.rawValue { session.greeted() }
            if type == NGHTTP2_HEADERS.rawValue { session.headersEnded(header.stream_id) }
            if type == NGHTTP2_HEADERS.rawValue || type == NGHTTP2_DATA.rawValue,
                UInt32(header.flags) & NGHTTP2_FLAG_END_STREAM.rawValue != 0
            {
                session.ended(header.stream_id)
            }
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) { _, _, stream, bytes, count, context in
            HTTP2Callbacks.session(context)?.data(stream, UnsafeBufferPointer(start: bytes, count: count))
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { _, stream, code, context in
            HTTP2Callbacks.session(context)?.closed(stream, code)
            return 0
        }
        nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, text, length, context in
            guard let text else { return 0 }
            let bytes = UnsafeRawBufferPointer(start: text, count: length)
            HTTP2Callbacks.session(context)?.complained(String(decoding: bytes, as: UTF8.self))
            return 0
        }
    }

    static let readBody: nghttp2_data_source_read_callback = { _, stream, room, count, flags, _, context in
        guard let session = HTTP2Callbacks.session(context) else { return 0 }
        let (length, isLast) = session.read(stream, into: UnsafeMutableBufferPointer(start: room, count: count))
        if isLast { flags?.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return length
    }

    /// The context is the session itself, which outlives its handle.
    private static func session(_ context: UnsafeMutableRawPointer?) -> HTTP2Session? {
        context.map { Unmanaged<HTTP2Session>.fromOpaque($0).takeUnretainedValue() }
    }
}
