//! Models: ONNX through ort.
