/// What a request has that a model may not take.
package struct SentMedia: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let image = SentMedia(rawValue: 1)
    package static let document = SentMedia(rawValue: 2)

    /// By what was told to a provider.
    package init(_ receipt: FidelityReceipt) {
        self = []
        if [.image, .imageURL].contains(where: receipt.wasTold) { insert(.image) }
        if [.document, .documentURL].contains(where: receipt.wasTold) { insert(.document) }
    }
}

/// What a provider says of an image or a document that it does not take: its model reads none, or not this one. Every request of the
/// conversation has it again, so that none would be answered any more: Claude Code takes it out when it is told so in these words.
enum RefusedMedia: Sendable, Equatable {
    case image, document

    /// - Parameters:
    ///   - names: in lower case, as is the text.
    ///   - sent: of what else is said, nothing is to be taken for a refusal of what was not there.
    init?(status: Int?, names: [String], text: String, sent: SentMedia) {
        let isImage = sent.contains(.image), isDocument = sent.contains(.document)
        switch status {
        // llama.cpp's and OpenRouter's; what else comes with these passes, or is about the model's name.
        case 500 where isImage && text.contains("image input is not supported"),
            404 where isImage && text.contains("support image input"):
            self = .image
        case nil, 400, 415, 422:
            if isImage, names.contains(where: { $0.contains("image") }) || Self.ofImages.contains(where: text.contains)
            {
                self = .image
            } else if isDocument, Self.ofDocuments.contains(where: text.contains) {
                self = .document
            } else {
                return nil
            }
        default: return nil
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
        "the document content block", "unknown variant `file`", "support file input", "input_file is not allowed",
        "part type: file", "support file content", "unsupported content[].type", "either 'text' or 'image_url'",
    ]
}
