import COpenSSL

/// Where OpenSSL writes its records: into a socket of ours (BIO_meth_new(3)).
enum SocketBIO {
    /// Writes into the socket, which must outlive it.
    static func make(_ socket: Socket) -> OpaquePointer? {
        guard let method, let bio = BIO_new(method) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(socket).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    /// Safe without isolation: it is made once, before anybody has it, and only read afterwards.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket") else { return nil }
        BIO_meth_set_write(method) { bio, bytes, count in
            guard let bio, let bytes, let data = BIO_get_data(bio) else { return -1 }
            BIO_clear_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
            let socket = Unmanaged<Socket>.fromOpaque(data).takeUnretainedValue()
            switch socket.write(Pieces(UnsafeRawBufferPointer(start: bytes, count: Int(count)))) {
            case .bytes(let taken): return Int32(taken)
            case .wouldBlock:
                BIO_set_flags(bio, BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
                return -1
            case .failed: return -1
            }
        }
        // Nothing is held back here, and nothing else can be asked.
        BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
        return method
    }()
}
