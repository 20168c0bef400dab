/// What a model's name says on a platform: by which names its price is looked for, the first that is found counting, and the
/// region that the name itself, or the address it is sent to, stands for.
struct PricedName: Equatable {
    var names: [String]
    var region: PriceRegion?

    /// `region`: of the address or deployment, such as `eu`, `europe-west1` or `global`; `nil` is the same as `global`.
    init(_ model: String, on platform: PricePlatform, region: String?) {
        let place = region == "global" ? nil : region
        switch platform {
        case .bedrock, .mantle:
            self = BedrockName(model, region: place, isMantle: platform == .mantle).priced(as: model, at: place)
            return
        case .vertex:
            let last = Self.lastPart(of: model)
            names = Self.names(model, Self.withoutRevision(last.prefix { $0 != "@" }), at: place)
            self.region = place == nil ? nil : .regional
        case .gemini:
            names = Self.names(model, Self.withoutRevision(Self.lastPart(of: model)), at: nil)
        case .azure:
            names = Self.names(model, Substring(model), at: place)
            self.region = place.map { $0 == "eu" ? .eu : .regional }
        case .openai:
            names = Self.names(model, Substring(model), at: place)
            self.region = place == nil ? nil : .regional
        case .anthropic, .xai, .other: names = Self.names(model, Substring(model), at: nil)
        }
    }

    fileprivate init(names: [String], region: PriceRegion?) {
        self.names = names
        self.region = region
    }

    /// The name as it is, what the platform makes of it, and that without its release: each with the region before it first.
    fileprivate static func names(_ model: String, _ base: Substring, at place: String?) -> [String] {
        var names: [String] = []
        for name in [model, String(base), withoutRelease(base)] {
            if let place { names.append("\(place)/\(name)") }
            names.append(name)
        }
        return names
    }

    /// `models/gemini-3.8-flash` → `gemini-3.8-flash`.
    private static func lastPart(of model: String) -> Substring {
        model.lastIndex(of: "/").map { model[model.index(after: $0)...] } ?? Substring(model)
    }

    /// `gemini-2.5-flash-001` → `gemini-2.5-flash`.
    private static func withoutRevision(_ name: Substring) -> Substring {
        let tail = name.suffix(4)
        return tail.first == "-" && tail.dropFirst().count == 3 && isDigits(tail.dropFirst()) ? name.dropLast(4) : name
    }

    /// Without `[1m]`, and without `-latest`, `-20250929`, `@20250929` or `-2025-09-29`.
    fileprivate static func withoutRelease(_ model: Substring) -> String {
        var name = model
        if name.hasSuffix("[1m]") { name = name.dropLast(4) }
        if name.hasSuffix("-latest") { return String(name.dropLast(7)) }
        let day = name.suffix(9), dashed = name.suffix(11)
        if day.count == 9, day.first == "-" || day.first == "@", isDigits(day.dropFirst()) {
            return String(name.dropLast(9))
        }
        let parts = dashed.split(separator: "-", omittingEmptySubsequences: false)
        if parts.map(\.count) == [0, 4, 2, 2], parts.allSatisfy(isDigits) { return String(name.dropLast(11)) }
        return String(name)
    }

    fileprivate static func isDigits(_ text: Substring) -> Bool { text.allSatisfy { $0.isASCII && $0.isNumber } }
}

/// A model id of Amazon Bedrock taken apart:
/// `arn:aws:bedrock:REGION:ACCOUNT:inference-profile/us.anthropic.claude-opus-5-5-v1:0`.
private struct BedrockName {
    /// With its vendor, without geography; `nil`: the ARN does not tell the model.
    var id: Substring?
    var region: PriceRegion?

    private static let vendors = ["anthropic.", "openai.", "xai."]
    private static let geographies: [(prefix: String, region: PriceRegion?)] = [
        ("global.", nil), ("us.", .regional), ("eu.", .regional), ("jp.", .regional), ("au.", .regional),
        ("apac.", .regional), ("us-gov.", .gov),
    ]

    /// `place`: the AWS region of the address.
    init(_ model: String, region place: String?, isMantle: Bool) {
        var place = place, name = Substring(model)
        if model.hasPrefix("arn:") {
            let parts = model.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
            guard parts.count == 6, let resource = Self.model(of: parts[5]) else { return }
            (name, place) = (resource, String(parts[3]))
        }
        let isGov = place?.hasPrefix("us-gov-") == true
        region = isGov ? .gov : isMantle ? .regional : nil
        for geography in Self.geographies where name.hasPrefix(geography.prefix) {
            name = name.dropFirst(geography.prefix.count)
            region = geography.region
            break
        }
        id = name
    }

    /// Application profiles, provisioned and imported models have names of their own.
    private static func model(of resource: Substring) -> Substring? {
        for kind in ["inference-profile/", "foundation-model/"] where resource.hasPrefix(kind) {
            return resource.dropFirst(kind.count)
        }
        return nil
    }

    func priced(as model: String, at place: String?) -> PricedName {
        guard let id else { return PricedName(names: [model], region: nil) }
        var base = id.hasSuffix("[1m]") ? id.dropLast(4) : id
        for vendor in Self.vendors where base.hasPrefix(vendor) { base = base.dropFirst(vendor.count) }
        let names = PricedName.names(model, Self.withoutVersion(base), at: place)
        return PricedName(names: [model, String(id)] + names.dropFirst(place == nil ? 1 : 2), region: region)
    }

    /// Without what follows a `:`, and without `-v1`.
    private static func withoutVersion(_ name: Substring) -> Substring {
        let name = name.prefix { $0 != ":" }
        guard let dash = name.lastIndex(of: "-") else { return name }
        let version = name[name.index(after: dash)...]
        return version.first == "v" && version.count > 1 && PricedName.isDigits(version.dropFirst())
            ? name[..<dash] : name
    }
}
