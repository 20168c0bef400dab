import Configuration
import Governance
import HTTP
import Providers
import Telemetry
import Transport
import Wire

extension LoopWorker {
    /// Takes a client's export: who sent it, its bytes, and a 200 in any case, because telemetry must not break a session. The bytes
    /// are read elsewhere.
    func receiveTelemetry(_ exchange: Exchange, _ signal: Signal) async {
        let channel = exchange.channel
        let encoding = encoding(exchange)
        var refusal: ClientExportRefusal?
        do throws(ClientExportRefusal) {
            try await take(exchange, signal, encoding)
        } catch {
            refusal = error
            telemetry.figures.add(.clientTelemetryDropped, 1, error.labels(signal))
            clientTelemetry.say(error, signal, key: exchange.principal?.keyID ?? "")
        }
        guard !channel.clientIsGone else { return channel.abandonAnswer() }
        channel.beginResponse(status: 200)
        channel.field("content-type", encoding == .json ? "application/json" : "application/x-protobuf")
        Self.answer(refusal, encoding ?? .protobuf).withUnsafeBytes { _ = channel.respond($0) }
        if channel.hasUnsent { _ = await channel.flush() }
    }

    private func take(
        _ exchange: Exchange, _ signal: Signal, _ encoding: ClientExport.Encoding?
    ) async throws(ClientExportRefusal) {
        let channel = exchange.channel
        do throws(Refusal) {
            try await identify(exchange)
        } catch {
            // Tags that cannot be read are no reason to lose what the credential vouches for.
            exchange.metadata = exchange.principal?.metadata ?? .none
        }
        // What is short is read all the same, so that the connection can stay.
        channel.limits.bodyBytes = exchange.principal == nil ? Self.strangersBody : ClientExport.maximumBody
        let body = await receiveWhole(channel)
        guard let principal = exchange.principal else { throw .unauthenticated }
        guard let encoding else { throw .contentType }
        let packing = try packing(exchange)
        let bytes = try body.get()
        let setting = exchange.setting.snapshot.telemetry.clients
        let export = ClientExport(
            signal: signal, encoding: encoding, packing: packing, body: Array(bytes.bytes), principal: principal,
            metadata: exchange.metadata, arrivedAt: exchange.startedWall, forwards: setting.forwards,
            keepsContent: setting.keepsContent)
        if let refusal = clientTelemetry.offer(export) { throw refusal }
    }

    /// Bytes of a body that are read from somebody nobody knows.
    private static let strangersBody = 64 * 1024

    private func receiveWhole(_ channel: ServerChannel) async -> Result<RequestBody, ClientExportRefusal> {
        if channel.bodyIsTooLarge { return .failure(.tooLarge) }
        let body = channel.makeBody()
        while true {
            switch await channel.receive(into: body) {
            case .more: continue
            case .complete: return .success(body)
            case .tooLarge: return .failure(.tooLarge)
            case .refused, .timedOut, .clientGone:
                channel.mustClose = true
                return .failure(.broken)
            case .noRoom:
                channel.mustClose = true
                return .failure(.queueFull)
            }
        }
    }

    private func encoding(_ exchange: Exchange) -> ClientExport.Encoding? {
        let type = exchange.text(exchange.channel.head.value(.contentType))
        let end = type.firstIndex(of: UInt8(ascii: ";"), in: 0..<type.count) ?? type.count
        let name = type.slice(type.trimmingBlanks(0..<end))
        if name.equalsIgnoringCase("application/x-protobuf") || name.equalsIgnoringCase("application/protobuf") {
            return .protobuf
        }
        return name.equalsIgnoringCase("application/json") ? .json : nil
    }

    private func packing(_ exchange: Exchange) throws(ClientExportRefusal) -> ClientExport.Packing {
        let name = exchange.text(exchange.facts.contentEncoding)
        if name.isEmpty || name.equalsIgnoringCase("identity") { return .plain }
        guard name.equalsIgnoringCase("gzip") || name.equalsIgnoringCase("deflate") else { throw .contentEncoding }
        return .compressed
    }

    /// An `Export…ServiceResponse`; `rejected` stays 0, as nobody counted what is in it (OTLP specification, partial success).
    private static func answer(_ refusal: ClientExportRefusal?, _ encoding: ClientExport.Encoding) -> [UInt8] {
        guard let refusal else { return encoding == .json ? Array("{}".utf8) : [] }
        if encoding == .json { return Array("{\"partialSuccess\":{\"errorMessage\":\"\(refusal.sentence)\"}}".utf8) }
        let sentence = Array("\(refusal.sentence)".utf8)
        // Lengths below 128 take one byte.
        precondition(sentence.count < 120, "a sentence that its sender can take in")
        return [0x0A, UInt8(sentence.count + 2), 0x12, UInt8(sentence.count)] + sentence
    }
}

extension ClientExportRefusal: Error {}
