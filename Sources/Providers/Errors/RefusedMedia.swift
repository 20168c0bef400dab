/// What a provider says of an image or a document that it does not take: its model reads none, or not this one. Every request of the
/// conversation has it again, so that none would be answered any more: Claude Code takes it out when it is told so in these words.
enum RefusedMedia: Sendable, Equatable {
    case image, document

    /// - Parameters:
    ///   - names: in lower case, as is the text.
    init?(status: Int?, names: [String], text: String) {
        // llama.cpp says it with 500, OpenRouter with 404.
        guard [nil, 400, 404, 415, 422, 500].contains(status) else { return nil }
        if names.contains(where: { $0.contains("image") }) || Self.ofImages.contains(where: { text.contains($0) }) {
            self = .image
        } else if Self.ofDocuments.contains(where: { text.contains($0) }) {
            self = .document
        } else {
            return nil
        }
    }

    func told(_ text: String) -> String {
        switch self {
        case .image: "Could not process image: \(text)"
        case .document: "Could not process PDF: \(text)"
        }
    }

    private static let ofImages = [
        "image input", "input image", "support image", "image_url is only supported", "unknown variant `image_url`",
        "unknown variant 'image_url'", "input_image is not allowed", "not a multimodal model", "support vision",
        "vision is not supported", "image(s) may be provided", "the image field", "the image content block",
        "unsupported image", "invalid image", "valid image", "image is not valid", "failed to load image",
        "too many images",
    ]
    private static let ofDocuments = [
        "the document has no pages", "support documents", "support pdf", "the document field",
        "the document content block", "unknown variant `file`", "file input", "input_file is not allowed",
        "part type: file", "support file content", "unsupported content[].type", "either 'text' or 'image_url'",
    ]
}
