import HTTP
import Transport
import Wire

extension SignalEndpoint {
    /// A client of this collector; nil, and a line in the log, when a certificate or key file cannot be used.
    func transport(
        _ loop: EventLoop, _ resolver: Resolver, _ log: LogWriter
    ) throws(TransportError) -> (any OTLPTransport)? {
        do throws(TransportError) {
            return try makeTransport(loop, resolver)
        } catch {
            guard authorityFile != nil || identity != nil else { throw error }
            log.write(
                .error, "the OTLP certificate files cannot be used; nothing is exported", isMirrored: false
            ) { fields in
                fields.member("file", authorityFile ?? identity?.certificateFile ?? "")
                fields.member("error", error.sentence)
            }
            return nil
        }
    }

    /// Finds the configured headers in what the collector says.
    var echoMask: EchoMask {
        var mask = EchoMask()
        for header in headers {
            let token = header.value.split(separator: " ").last ?? ""
            Array(token.utf8).withUnsafeBytes { mask.hide($0) }
        }
        return mask
    }

    /// A client of this collector; throws when a certificate or key file cannot be used.
    func makeTransport(_ loop: EventLoop, _ resolver: Resolver) throws(TransportError) -> any OTLPTransport {
        var tls: TLSContext?
        if url.isEncrypted {
            tls = try TLSContext(
                authorityFile: authorityFile, identity: identity.map { ($0.certificateFile, $0.keyFile) },
                protocols: isGRPC ? ["h2"] : ["http/1.1"])
        }
        let endpoint = Endpoint(host: url.host, port: url.port, tls: tls)
        return isGRPC
            ? GRPCTransport(endpoint: endpoint, loop: loop, resolver: resolver)
            : HTTPClient(endpoint: endpoint, loop: loop, resolver: resolver)
    }
}
