//! Where a walk through an instance is in a shape.

use super::Shape;

/// A shape with those around it, which it may repeat: where a walk through an instance is.
#[derive(Debug, Clone, Copy)]
pub struct Within<'a> {
    shape: &'a Shape,
    around: Option<&'a Within<'a>>,
}

impl<'a> Within<'a> {
    /// At the root.
    pub fn root(shape: &'a Shape) -> Self {
        Self { shape, around: None }
    }

    /// The shape here.
    pub fn shape(&self) -> &'a Shape {
        self.shape
    }

    /// Whether the shape has a member of that name, patterns aside.
    pub fn names(&self, name: &str) -> bool {
        self.shape.members.contains_key(name)
    }

    /// At a member: the named one, or the rest; none if the shape says nothing of it.
    pub fn member(&'a self, name: &str) -> Option<Self> {
        self.step(self.shape.members.get(name).or(self.shape.rest.as_deref())?)
    }

    /// At an element; none if the shape says nothing of it.
    pub fn element(&'a self, index: usize) -> Option<Self> {
        self.step(self.shape.tuple.get(index).or(self.shape.elements.as_deref())?)
    }

    fn step(&'a self, shape: &'a Shape) -> Option<Self> {
        if shape.up == 0 {
            return Some(Self { shape, around: Some(self) });
        }
        (1..shape.up).try_fold(self, |within, _| within.around).copied()
    }
}
