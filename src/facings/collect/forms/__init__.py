"""Forms in which annotations travel: COCO, YOLO, Label Studio, CVAT."""
