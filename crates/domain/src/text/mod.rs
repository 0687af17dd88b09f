//! Texts as they travel: alphabets and segmentation.
