"""Caffe's Datum, as its caffe.proto defines it."""
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_file = descriptor_pb2.FileDescriptorProto(name="datum.proto", package="caffe", syntax="proto2")
_message = _file.message_type.add(name="Datum")
_kinds = descriptor_pb2.FieldDescriptorProto
for _number, (_name, _type) in enumerate([("channels", _kinds.TYPE_INT32), ("height", _kinds.TYPE_INT32), ("width", _kinds.TYPE_INT32), ("data", _kinds.TYPE_BYTES), ("label", _kinds.TYPE_INT32), ("float_data", _kinds.TYPE_FLOAT), ("encoded", _kinds.TYPE_BOOL)], start=1):
    _label = _kinds.LABEL_REPEATED if _name == "float_data" else _kinds.LABEL_OPTIONAL
    _message.field.add(name=_name, number=_number, type=_type, label=_label)
_pool = descriptor_pool.DescriptorPool()
_pool.Add(_file)
Datum = message_factory.GetMessageClass(_pool.FindMessageTypeByName("caffe.Datum"))
