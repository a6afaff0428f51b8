//! The macro behind the small `Copy` enums whose values are metric labels.

/// Defines an enum with `ALL`, `name()` and `Display` from variants and their names.
macro_rules! labels {
    ($(#[$meta:meta])* pub enum $Type:ident { $($(#[$doc:meta])* $Variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $Type {
            $($(#[$doc])* $Variant,)*
        }

        impl $Type {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [$Type] = &[$($Type::$Variant,)*];

            /// The name in snake case, fit to be a metric label.
            pub const fn name(self) -> &'static str {
                match self {
                    $($Type::$Variant => $name,)*
                }
            }
        }

        impl std::fmt::Display for $Type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
