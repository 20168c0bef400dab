import COTLP

/// Owns one builder of COTLP.
final class OTLPBuilder {
    let handle: OpaquePointer

    init?(resource: [(name: String, value: String)], version: String) {
        guard let handle = tg_otlp_create() else { return nil }
        self.handle = handle
        let attributes = tg_otlp_resource(handle)
        for (name, value) in resource {
            // The one resource attribute of the conventions that we know and that is no text.
            if name == "process.pid", let number = Int64(value) {
                tg_otlp_int(attributes, name, name.utf8.count, number)
            } else {
                Self.add(attributes, name, value)
            }
        }
        tg_otlp_scope(
            handle, "tollgate", 8, version, version.utf8.count, Self.schemaURL, Self.schemaURL.utf8.count)
    }

    /// The conventions that the names of `AttributeKey` and `Instrument` follow; newer GenAI metrics stand beside the old.
    private static let schemaURL = "https://opentelemetry.io/schemas/1.41.0"

    deinit { tg_otlp_free(handle) }

    static func add(_ attributes: OpaquePointer, _ name: String, _ value: String) {
        tg_otlp_string(attributes, name, name.utf8.count, value, value.utf8.count)
    }

    func pack() -> [UInt8] {
        var length = 0
        let bytes = tg_otlp_pack(handle, &length)
        return [UInt8](UnsafeBufferPointer(start: bytes, count: length))
    }
}
