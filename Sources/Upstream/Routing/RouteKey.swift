/// What a session, or what stands for one, is known by when targets are chosen: 128 bits of hash instead of its name.
package struct RouteKey: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    /// `model`: the virtual model's name; a session may be at different places with different models.
    package init(_ name: UnsafeRawBufferPointer, model: UInt64) {
        // The choice by weight does not depend on the model's name: a session is in the same share of two equal lists.
        high = RouteHash.of(name)
        low = RouteHash.of(name, seed: model)
    }

    package init(_ name: String, model: UInt64) {
        var name = name
        self = name.withUTF8 { RouteKey(UnsafeRawBufferPointer($0), model: model) }
    }
}
